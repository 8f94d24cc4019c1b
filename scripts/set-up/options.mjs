import { parseArgs } from 'node:util';
import { EXIT, Stop } from './stop.mjs';

const OPTIONS = /** @type {const} */ ({
  repo: { type: 'string' },
  state: { type: 'string' },
  port: { type: 'string' },
  'gateway-port': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
});

/**
 * What the set-up itself must know of the command line; the values are judged by the daemon. A word that is no option stops us before anything is installed.
 * @param {readonly string[]} argv without node and script
 * @param {Record<string, string | undefined>} env
 * @returns {{ help: boolean, json: boolean, repo?: string, state?: string, hasModel: boolean }}
 */
export function readOptions(argv, env) {
  const values = parse(argv);
  return {
    help: values.help === true,
    json: values.json === true,
    repo: values.repo ?? (env['CODEX_BUILDER_REPO'] || undefined),
    state: values.state ?? (env['CODEX_BUILDER_STATE'] || undefined),
    hasModel: Boolean(env['CODEX_BUILDER_AGENT_API_KEY'] || env['CODEX_BUILDER_AGENT_PROVIDER_BASE_URL']),
  };
}

/** @param {readonly string[]} argv */
function parse(argv) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new Stop(error instanceof Error ? error.message : String(error), 'See npm start -- --help.', EXIT.usage);
  }
}

export const HELP = `Usage: npm start -- [--repo PATH] [--state DIR] [--port 4400] [--gateway-port 4401] [--json]

Installs and builds what is missing, then runs the Codex Builder daemon until Ctrl-C.

  --repo PATH          the git repository of your web app; without it, a copy of a small sample app
  --state DIR          where the ledger, worktrees and logs live (default: $XDG_STATE_HOME/codex-builder/<app>)
  --port N             where /codex and the API listen on 127.0.0.1 (default 4400)
  --gateway-port N     where production and the previews listen (default 4401)
  --json               stdout carries JSON lines only; the first one says when it is ready
  --help               this text

Every option is also a variable: CODEX_BUILDER_REPO, _STATE, _PORT, _GATEWAY_PORT.
The model: CODEX_BUILDER_AGENT_API_KEY, or CODEX_BUILDER_AGENT_PROVIDER_BASE_URL for any other provider.
With neither, and no --repo, the sample app is served by a built-in demo model that says it is one.

Exit codes: 0 stopped cleanly, 64 wrong usage, 70 a fault of ours, 75 another daemon holds the state, 78 this machine lacks something (it says what).
`;
