/**
 * What the set-up itself must know of the command line; everything is passed on to the daemon, which judges it.
 * @param {readonly string[]} argv without node and script
 * @param {Record<string, string | undefined>} env
 * @returns {{ help: boolean, json: boolean, repo?: string, state?: string, hasModel: boolean }}
 */
export function readOptions(argv, env) {
  return {
    help: argv.includes('--help') || argv.includes('-h'),
    json: argv.includes('--json'),
    repo: lastValueOf(argv, '--repo') ?? (env['CODEX_BUILDER_REPO'] || undefined),
    state: lastValueOf(argv, '--state') ?? (env['CODEX_BUILDER_STATE'] || undefined),
    hasModel: Boolean(env['CODEX_BUILDER_AGENT_API_KEY'] || env['CODEX_BUILDER_AGENT_PROVIDER_BASE_URL']),
  };
}

/**
 * The value of `--name VALUE` or `--name=VALUE`, the last one given.
 * @param {readonly string[]} argv
 * @param {string} name
 * @returns {string | undefined}
 */
function lastValueOf(argv, name) {
  /** @type {string | undefined} */
  let found;
  argv.forEach((word, index) => {
    if (word === name) found = argv[index + 1];
    else if (word.startsWith(`${name}=`)) found = word.slice(name.length + 1);
  });
  return found;
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
