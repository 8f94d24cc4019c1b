import { appAround, repoOf, stateToStop } from '../choose-daemon.ts';
import type { Handler } from '../command.ts';
import { tell } from '../door.ts';
import { listed, runningDaemons } from '../running-daemons.ts';
import { stop as endDaemon } from '../stop.ts';

/** Runs the daemon as `npm start` does, in this very process; without a name for the app the one around the current folder. */
export const serve: Handler<'serve'> = ({ flags, env, programs }) => {
  const repo = flags.repo ?? (env['CODEX_BUILDER_REPO'] ? undefined : appAround());
  const given = { ...flags, repo };
  const named = (['repo', 'state', 'port', 'gateway-port'] as const).flatMap((flag) =>
    given[flag] === undefined ? [] : [`--${flag}=${given[flag]}`],
  );
  return programs.serve([...named, ...(flags.json === true ? ['--json'] : [])]);
};

/** Ends the daemon, with --all production too. */
export const stop: Handler<'stop'> = async ({ flags, env, terminal }) => {
  const chosen = stateToStop(flags, env);
  if (!chosen.ok) {
    tell({ terminal, flags }, { code: 'usage', message: chosen.message }, chosen.remedy);
    return chosen.exit;
  }
  const ended = await endDaemon({ ...flags, repo: undefined, state: chosen.state }, env, repoOf(flags, env));
  const others = runningDaemons(env).filter(({ state }) => state !== chosen.state);
  if (others.length > 0 && flags.json !== true) terminal.err(`These still run:\n${listed(others)}\n`);
  return ended;
};
