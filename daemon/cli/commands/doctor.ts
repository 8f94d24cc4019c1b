import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Examination } from '../../local/doctor/examination.ts';
import { examine } from '../../local/doctor/examine.ts';
import type { Finding } from '../../local/doctor/finding.ts';
import { repoOf, stateOf } from '../choose-daemon.ts';
import type { Call, Handler } from '../command.ts';
import { connect } from '../connect.ts';
import { EXIT } from '../outcome.ts';

const WORDS = { ok: 'ok', attention: 'attention', missing: 'not there' } as const;
const COLOURS = { ok: 'green', attention: 'red', missing: 'dim' } as const;

/** Checks the machine, the state and the app. Exit code 1 when something needs attention. */
export const doctor: Handler<'doctor'> = async (call) => {
  const { flags, env, terminal, programs } = call;
  const stateFolder = stateOf(flags, env);
  const repo = repoOf(flags, env);
  const isSample = repo !== undefined && repo === env['CODEX_BUILDER_FALLBACK_REPO'];
  const findings = await examine({
    repo: repo === undefined || (isSample && !existsSync(repo)) ? undefined : existsSync(repo) ? realpathSync(repo) : resolve(repo),
    isSample,
    stateFolder,
    migrationsFolder: programs.migrationsFolder,
    env,
    ports: portsOf(stateFolder, env),
    node: { version: process.versions.node, oldest: programs.oldestNode },
    now: Date.now(),
    outside: await programs.outside(),
    agent: await askForSignIn(call),
  });
  const wanting = findings.filter(({ state }) => state === 'attention');
  if (flags.json === true) terminal.out(`${JSON.stringify({ ok: wanting.length === 0, state: stateFolder, repo, findings })}\n`);
  else terminal.out(textOf(findings, wanting.length, terminal));
  return wanting.length === 0 ? 0 : EXIT.refused;
};

/** The ports of the daemon that runs, else those it would be started with. */
function portsOf(stateFolder: string, env: Call['env']): Examination['ports'] {
  const note = join(stateFolder, 'daemon.json');
  const asked = { control: Number(env['CODEX_BUILDER_PORT'] || 4400), gateway: Number(env['CODEX_BUILDER_GATEWAY_PORT'] || 4401) };
  if (!existsSync(note)) return asked;
  try {
    const { url, gateway } = JSON.parse(readFileSync(note, 'utf8')) as { url: string; gateway: string };
    return { control: Number(new URL(url).port), gateway: Number(new URL(gateway).port) || asked.gateway };
  } catch {
    return asked; // half a note is none
  }
}

/** What the running daemon knows of its sign-in; undefined when it cannot be asked. */
async function askForSignIn({ flags, env }: Call<'doctor'>): Promise<Examination['agent']> {
  try {
    const connection = connect(flags, env);
    if (!connection.ok) return undefined;
    const status = await connection.client.call('status', {});
    if (!status.ok) return undefined;
    const { agent } = status.value;
    if (!agent.ready)
      return { ready: false, found: agent.detail ?? 'not ready', ...(agent.remedy === undefined ? {} : { remedy: agent.remedy }) };
    return { ready: true, found: `${agent.model}${agent.demo ? ', a demo model' : ''}; the running daemon is signed in` };
  } catch {
    return undefined; // it does not answer, which the examination says itself
  }
}

function textOf(findings: readonly Finding[], wanting: number, { paint }: Call['terminal']): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const groups = [...new Set(findings.map(({ group }) => group))].map((group) => {
    const lines = findings
      .filter((finding) => finding.group === group)
      .flatMap(({ name, state, found, remedy }) => [
        `  ${paint(COLOURS[state], WORDS[state].padEnd(9))}  ${name.padEnd(width)}  ${found}`,
        ...(remedy === undefined ? [] : [`${' '.repeat(15 + width)}→ ${remedy}`]),
      ]);
    return `${paint('bold', group)}\n${lines.join('\n')}\n`;
  });
  const status = wanting === 0 ? 'Ready' : wanting === 1 ? 'one thing needs attention' : `${wanting} things need attention`;
  return `${groups.join('\n')}\nStatus: ${status}\n`;
}
