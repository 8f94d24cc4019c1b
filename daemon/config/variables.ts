import { HostSettings } from './host.ts';
import { type Loaded, load } from './load.ts';

type Environment = Readonly<Record<string, string | undefined>>;

// biome-ignore format: a table is read by column
const VARIABLES: readonly { name: string; path: readonly string[]; number?: true; list?: true }[] = [
  { name: 'SANDBOX_PROVIDER',           path: ['sandbox', 'provider'] },
  { name: 'AGENT_MODEL',                path: ['agent', 'model'] },
  { name: 'AGENT_REASONING',            path: ['agent', 'reasoning'] },
  { name: 'AGENT_PROVIDER_NAME',        path: ['agent', 'provider', 'name'] },
  { name: 'AGENT_PROVIDER_BASE_URL',    path: ['agent', 'provider', 'baseUrl'] },
  { name: 'AGENT_PROVIDER_ENV_KEY',     path: ['agent', 'provider', 'envKey'] },
  { name: 'AGENT_SIGN_IN',              path: ['agent', 'signIn'] },
  { name: 'AGENT_SIGN_IN_HOSTS',        path: ['agent', 'signInHosts'], list: true },
  { name: 'AGENT_COMMANDS_ALLOW',       path: ['agent', 'commands', 'allow'], list: true },
  { name: 'AGENT_COMMANDS_DENY',        path: ['agent', 'commands', 'deny'], list: true },
  { name: 'AGENT_COMMANDS_ON_DENIED',   path: ['agent', 'commands', 'onDenied'] },
  { name: 'AGENT_STALL_MS',             path: ['agent', 'stallMs'], number: true },
  { name: 'BUDGETS_RUN_TOKENS',         path: ['budgets', 'runTokens'], number: true },
  { name: 'BUDGETS_RUN_COST_USD',       path: ['budgets', 'runCostUsd'], number: true },
  { name: 'BUDGETS_DAY_TOKENS',         path: ['budgets', 'dayTokens'], number: true },
  { name: 'BUDGETS_DAY_COST_USD',       path: ['budgets', 'dayCostUsd'], number: true },
  { name: 'BUDGETS_AUTHOR_DAY_TOKENS',  path: ['budgets', 'authorDayTokens'], number: true },
  { name: 'BUDGETS_AUTHOR_DAY_COST_USD', path: ['budgets', 'authorDayCostUsd'], number: true },
  { name: 'UPSTREAM_LOOK_MS',           path: ['upstream', 'lookMs'], number: true },
  { name: 'GATEWAY_DOMAIN',             path: ['gateway', 'domain'] },
  { name: 'DISK_FLOOR_BYTES',           path: ['diskFloorBytes'], number: true },
];

/** Host settings from the text of host.jsonc with `CODEX_BUILDER_<PATH IN CAPITALS>` on top of it; a list has commas. */
export function loadHostSettings(text: string, env: Environment): Loaded<HostSettings> {
  const file = load(text, HostSettings);
  if (!file.ok) return { ok: false, problems: file.problems.map((problem) => `host.jsonc ${problem}`) };
  const merged = structuredClone(file.value) as unknown as Record<string, unknown>;
  for (const { name, path, number, list } of VARIABLES) {
    const value = env[`CODEX_BUILDER_${name}`];
    if (value === undefined || value === '') continue;
    let at = merged;
    for (const key of path.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[path.at(-1)!] = number === true ? Number(value) : list === true ? value.split(',').map((part) => part.trim()) : value;
  }
  const checked = load(JSON.stringify(merged), HostSettings);
  return checked.ok ? checked : { ok: false, problems: checked.problems.map((problem) => named(problem, env)) };
}

/** A problem under the name of the variable it comes from, so that a person knows what to mend. */
function named(problem: string, env: Environment): string {
  const [path = ''] = problem.split(':');
  const variable = VARIABLES.find((each) => `${path}.`.startsWith(`${each.path.join('.')}.`) && env[`CODEX_BUILDER_${each.name}`]);
  return variable === undefined ? `host.jsonc ${problem}` : `CODEX_BUILDER_${variable.name}${problem.slice(path.length)}`;
}
