import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runAsPerson } from '../run-program.ts';
import { type Examination, hostOf } from './examination.ts';
import { attention, type Finding, missing, ok } from './finding.ts';

/** merge-tree --write-tree came with 2.38; 2.39 is the oldest that was tried. */
const OLDEST_GIT = [2, 39] as const;
/** No machine that runs this is set to a time before it was written. */
const FIRST_DAY = Date.UTC(2026, 10, 1);

// biome-ignore format: a table is read by column
const OPTIONAL = [
  { name: 'Chromium', programs: ['chromium', 'chromium-browser', 'google-chrome'], remedy: 'For pictures and browser visits: apt-get install chromium' },
  { name: 'tmux',     programs: ['tmux'],                                          remedy: 'To take a run over in a terminal: apt-get install tmux' },
  { name: 'iproute2', programs: ['ip'],                                            remedy: 'For the tests of Codex Builder only: apt-get install iproute2' },
] as const;

/** What the machine must have, whatever the app. */
export async function examineMachine(examination: Examination): Promise<readonly Finding[]> {
  const host = hostOf(examination);
  const { sandbox, codex } = await examination.outside.confinement(host.ok ? host.value.sandbox.provider : undefined);
  return [
    node(examination),
    await git(examination),
    ...sandbox.map((each) => (each.ok ? ok('Machine', 'sandbox', each.found) : attention('Machine', 'sandbox', each.found, each.remedy))),
    codex.ok ? ok('Machine', 'codex', codex.found) : attention('Machine', 'codex', codex.found, codex.remedy),
    disk(examination, host.ok ? host.value.diskFloorBytes : undefined),
    clock(examination.now),
    ...OPTIONAL.map(({ name, programs, remedy }) => optional(name, programs, remedy, examination.env)),
  ];
}

function node({ node: { version, oldest } }: Examination): Finding {
  const found = `${version} (${oldest} or newer)`;
  return isAtLeast(version, oldest.split('.').map(Number))
    ? ok('Machine', 'node', found)
    : attention('Machine', 'node', found, 'Install a newer Node: https://nodejs.org/en/download');
}

async function git({ env }: Examination): Promise<Finding> {
  const said = await runAsPerson(['git', '--version'], { cwd: '/', env });
  const version = /(\d+\.\d+(?:\.\d+)?)/.exec(said.stdout.toString('utf8'))?.[1];
  if (said.code !== 0 || version === undefined) return attention('Machine', 'git', 'not found', 'Install it: apt-get install git');
  const found = `${version} (${OLDEST_GIT.join('.')} or newer)`;
  return isAtLeast(version, OLDEST_GIT) ? ok('Machine', 'git', found) : attention('Machine', 'git', found, 'Install a newer git.');
}

function isAtLeast(version: string, oldest: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  const differing = oldest.findIndex((part, index) => (parts[index] ?? 0) !== part);
  return differing === -1 || (parts[differing] ?? 0) > oldest[differing]!;
}

function disk({ stateFolder }: Examination, floor: number | undefined): Finding {
  let folder = stateFolder;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${gigabytes(free)} free for ${stateFolder}`;
  if (floor === undefined || free >= floor) return ok('Machine', 'disk', found);
  return attention(
    'Machine',
    'disk',
    `${found}, less than the ${gigabytes(floor)} below which no run begins`,
    'Free some, or move the state folder with --state.',
  );
}

const gigabytes = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

function clock(now: number): Finding {
  const found = new Date(now).toISOString();
  return now >= FIRST_DAY
    ? ok('Machine', 'clock', found)
    : attention('Machine', 'clock', `${found} is in the past`, 'Set it: timedatectl set-ntp true');
}

function optional(name: string, programs: readonly string[], remedy: string, env: Examination['env']): Finding {
  const place = programs.map((program) => findProgram(program, env)).find((each) => each !== undefined);
  return place === undefined ? missing('Machine', name, 'not installed', remedy) : ok('Machine', name, place);
}

/** Where a program is; the system's folders count too, because an ordinary user's PATH often lacks sbin. */
export function findProgram(program: string, env: Examination['env']): string | undefined {
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
