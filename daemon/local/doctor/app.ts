import { load } from '../../config/load.ts';
import { Settings } from '../../config/settings.ts';
import { runAsPerson } from '../run-program.ts';
import { type Examination, hostOf } from './examination.ts';
import { attention, type Finding, missing, ok } from './finding.ts';
import { findProgram } from './machine.ts';

const FILE = 'codex-builder.jsonc';
/** Programs that a setup command may begin with and that no Node brings along. */
const INSTALLERS = /^(?:\w+=\S*\s+)*(pnpm|yarn|bun|uv|poetry|bundle|python3|composer|go|cargo|deno)\b/;

/** In the sandbox Corepack is asked for these when the host has none of its own. */
const OF_COREPACK = /^(?:pnpm|yarn)$/;

/** The app: its repository, what it says of itself, and who writes its changes. */
export async function examineApp(examination: Examination): Promise<readonly Finding[]> {
  const { repo, env } = examination;
  const host = domain(examination);
  if (repo === undefined)
    return [
      missing('App', 'repository', 'none was named', 'codex-builder doctor --repo PATH looks at the app too.'),
      signIn(examination),
      ...host,
    ];
  const look = await examination.outside.repository(repo);
  if (!look.ok) return [attention('App', 'repository', look.found, look.remedy), signIn(examination), ...host];
  return [
    ok('App', 'repository', `${repo}, main at ${look.main.slice(0, 10)}`),
    await identity(repo, env),
    ...settings(repo, look.settings, env),
    ...(look.usesLfs ? [await lfs(env)] : []),
    signIn(examination),
    ...host,
  ];
}

function settings(repo: string, text: string | undefined, env: Examination['env']): readonly Finding[] {
  if (text === undefined)
    return [attention('App', 'settings', `there is no ${FILE} on main`, `Write it: codex-builder init --repo ${repo}`)];
  const loaded = load(text, Settings);
  if (!loaded.ok) return loaded.problems.map((problem) => attention('App', 'settings', problem, `Mend ${FILE} and commit it to main.`));
  const { checks, setup } = loaded.value;
  const placeholders = text.match(/echo 'codex-builder\.jsonc does not say yet/g)?.length ?? 0;
  const count = `${checks.length} ${checks.length === 1 ? 'check' : 'checks'}`;
  const program = INSTALLERS.exec(setup?.command ?? '')?.[1];
  return [
    placeholders > 0
      ? attention(
          'App',
          'settings',
          `${placeholders} of its commands only ${placeholders === 1 ? 'says that it is' : 'say that they are'} missing`,
          `Fill in what ${FILE} marks with TELL ME.`,
        )
      : ok('App', 'settings', `${FILE} on main is valid, ${count}`),
    ...(program === undefined || findProgram(program, env) !== undefined || (OF_COREPACK.test(program) && findProgram('corepack', env))
      ? []
      : [attention('App', program, 'setup.command needs it, and it is not installed', `Install ${program} for the whole system.`)]),
  ];
}

async function identity(repo: string, env: Examination['env']): Promise<Finding> {
  const said = await runAsPerson(['git', '-c', 'user.useConfigOnly=true', 'var', 'GIT_COMMITTER_IDENT'], { cwd: repo, env });
  if (said.code === 0)
    return ok(
      'App',
      'your name in git',
      said.stdout
        .toString('utf8')
        .trim()
        .replace(/ \d+ [+-]\d{4}$/, ''),
    );
  return missing(
    'App',
    'your name in git',
    'not set; only init needs it',
    'git config --global user.name "…" && git config --global user.email …',
  );
}

async function lfs(env: Examination['env']): Promise<Finding> {
  const said = await runAsPerson(['git', 'lfs', 'version'], { cwd: '/', env });
  return said.code === 0
    ? ok('App', 'git-lfs', said.stdout.toString('utf8').trim())
    : attention('App', 'git-lfs', 'the app keeps files with it, and it is not installed', 'Install it: apt-get install git-lfs');
}

/** Who answers the agent: the running daemon knows, else the settings of the host and this environment say. */
function signIn(examination: Examination): Finding {
  const { agent, isSample, env } = examination;
  if (agent !== undefined)
    return agent.ready ? ok('App', 'model', agent.found) : attention('App', 'model', agent.found, agent.remedy ?? 'See /codex, Settings.');
  const host = hostOf(examination);
  if (!host.ok) return missing('App', 'model', 'not known', 'Mend the settings of the host first.');
  const { provider, signIn: choice } = host.value.agent;
  const chatGpt = examination.outside.signIn(examination.stateFolder);
  const ofChatGpt = () => (chatGpt.ok ? ok('App', 'model', chatGpt.found) : attention('App', 'model', chatGpt.found, chatGpt.remedy));
  if (choice === 'chatgpt') return ofChatGpt();
  const key = env['CODEX_BUILDER_AGENT_API_KEY'];
  if (provider !== undefined) {
    const found = `${provider.name} at ${provider.baseUrl}`;
    const { envKey } = provider;
    if (envKey === undefined || env[envKey] || key) return ok('App', 'model', found);
    return attention('App', 'model', `${found}, and ${envKey} is not set here`, `Set ${envKey} where the daemon is started.`);
  }
  if (key) return ok('App', 'model', 'OpenAI, with the key of CODEX_BUILDER_AGENT_API_KEY');
  if (chatGpt.there) return ofChatGpt();
  if (isSample) return ok('App', 'model', 'the demo model of the sample app; it knows a handful of changes');
  const remedy = 'Set CODEX_BUILDER_AGENT_API_KEY where the daemon is started, or agent.provider in host.jsonc.';
  return attention('App', 'model', 'no key, no provider and no ChatGPT sign-in', chatGpt.ok ? remedy : `${remedy} ${chatGpt.remedy}`);
}

/** Previews and production on one site: a preview could set cookies that production receives. */
function domain(examination: Examination): readonly Finding[] {
  const host = hostOf(examination);
  const gateway: { domain?: string | undefined; previewDomain?: string | undefined } = host.ok ? host.value.gateway : {};
  const { domain: own, previewDomain } = gateway;
  if (own === undefined || own.endsWith('localhost')) return [];
  if (previewDomain !== undefined && !isSameSite(previewDomain, own)) return [ok('App', 'domains', `${own}, previews on ${previewDomain}`)];
  return [
    attention(
      'App',
      'domains',
      `previews are on ${previewDomain ?? own} beside production, so a preview could set cookies that production receives`,
      'Give previews a domain of their own: gateway.previewDomain in host.jsonc.',
    ),
  ];
}

function isSameSite(one: string, other: string): boolean {
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}
