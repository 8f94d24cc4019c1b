import type { Handler } from '../command.ts';
import { stop as endDaemon } from '../stop.ts';

/** Runs the daemon as `npm start` does, in this very process. */
export const serve: Handler<'serve'> = ({ flags, programs }) => {
  const named = (['repo', 'state', 'port', 'gateway-port'] as const).flatMap((flag) =>
    flags[flag] === undefined ? [] : [`--${flag}=${flags[flag]}`],
  );
  return programs.serve([...named, ...(flags.json === true ? ['--json'] : [])]);
};

export const stop: Handler<'stop'> = ({ flags, env }) => endDaemon(flags, env);
