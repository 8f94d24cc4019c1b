import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { killTagged, pidsTagged, startTimeOf, TAG_VARIABLE } from '../../daemon/adapters/process-facts.ts';
import { runProgram, spawnProgram } from '../../daemon/adapters/spawn.ts';
import { bundle, isRoot, LAUNCHER_PATH, until, untilFile } from './sandbox-support.ts';

/** The daemon as a process of its own: opens a sandbox in its folder, tests it, runs a program in it, says how that went. */
const OWNER = `
import { mkdirSync } from 'node:fs';
import { openSandbox } from '../../daemon/adapters/sandbox/open-sandbox.ts';
const [folder, launcherPath, tag, script] = process.argv.slice(2) as [string, string, string, string];
async function main() {
  const opened = await openSandbox({ folder: folder + '/sandbox', nodePath: process.execPath, launcherPath, log: () => {} });
  if (!opened.ok) throw new Error(opened.detail);
  const { sandbox } = opened;
  mkdirSync(folder + '/app');
  mkdirSync(folder + '/ro', { recursive: true, mode: 0o777 });
  await sandbox.own(folder + '/app', 1);
  const broken = script === '' ? await sandbox.selfTest() : [];
  let text = '';
  const outcome = await sandbox.run({
    tag, seat: 1, argv: ['sh', '-c', script || 'id -u; echo made > made; cat made; touch /ro/planted 2>&1 | grep -o Read-only; cat $0 || echo hidden; mkdir shut; touch shut/x; chmod 0 shut; for fd in /proc/self/fd/*; do readlink $fd; done | grep -o leaked; true', folder + '/sandbox/passwd'], cwd: '/app', mounts: [{ host: folder + '/app', inside: '/app', mode: 'rw' }, { host: folder + '/ro', inside: '/ro', mode: 'ro' }],
    env: {}, net: { kind: 'none' }, timeoutMs: 30_000, signal: new AbortController().signal, onStdout: (chunk) => { text += chunk; },
    ...(script === '' ? {} : { expose: { port: 3000, socket: folder + '/sandbox/preview.sock' } }),
  });
  await sandbox.wipe(folder + '/app');
  console.log(JSON.stringify({ capabilities: sandbox.capabilities, broken, text, outcome }));
}
void main();
`;
const ORDINARY_UID = 64_900;

const folder = mkdtempSync('/var/tmp/sandbox-owner-');
const tag = `owner-test-${process.pid}`;
const script = join(folder, 'owner.cjs');
const launcher = join(folder, 'launcher.mjs');
bundle(OWNER, script);
copyFileSync(LAUNCHER_PATH, launcher);
copyFileSync(join(dirname(LAUNCHER_PATH), 'static-server.mjs'), join(folder, 'static-server.mjs'));
afterAll(async () => {
  expect(await killTagged(tag)).toEqual([]);
  rmSync(folder, { recursive: true });
});

function stateOf(name: string): string {
  const state = join(folder, name);
  mkdirSync(state, { mode: 0o700 });
  return state;
}

describe('when the daemon is killed', () => {
  it('SBX-04: everything in its sandboxes dies with it, whoever they had become', async () => {
    const state = stateOf('killed');
    const inside = `setsid sh -c 'trap : TERM HUP; env -i /usr/bin/setsid /bin/sh -c "touch /app/deep; while :; do /bin/sleep 1; done" & while :; do sleep 1; done' & wait`;
    // A group of its own keeps SIGKILL to the daemon alone, as the kernel's would be; the tag is that of the sandbox, not of the daemon.
    const owner = spawnProgram({
      argv: [process.execPath, script, state, launcher, tag, inside],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      timeoutMs: 30_000,
    });
    await untilFile(join(state, 'app/deep'), 10_000);
    const own = readlinkSync('/proc/self/ns/pid');
    const namespaces = new Set(
      pidsTagged(tag)
        .map((pid) => readlinkSync(`/proc/${pid}/ns/pid`))
        .filter((each) => each !== own),
    );
    expect(namespaces.size).toBeGreaterThan(0);
    process.kill(owner.pid ?? 0, 'SIGKILL');
    const killedAt = performance.now();
    await until(() => pidsTagged(tag).length === 0 && inNamespaces(namespaces).length === 0, 2_000);
    expect(performance.now() - killedAt).toBeLessThan(2_000);
    expect(await owner.ended).toMatchObject({ end: 'signaled', signal: 'SIGKILL' });
  });
});

describe('an ordinary user', () => {
  it('has the provider without another user, and all its promises hold', async () => {
    const state = stateOf('ordinary');
    writeFileSync(join(state, 'leaked'), '');
    // Who starts the daemon may have left descriptors open; they must not get as far as a sandbox.
    const leave = ['bash', '-c', 'exec 250<"$0" && exec "$@"', join(state, 'leaked')] as const;
    const run = [...leave, process.execPath, script, state, launcher, tag, ''] as const;
    if (isRoot) {
      chmodSync(folder, 0o755);
      chownSync(state, ORDINARY_UID, ORDINARY_UID);
    }
    const outcome = await runProgram({
      argv: isRoot ? ['setpriv', `--reuid=${ORDINARY_UID}`, `--regid=${ORDINARY_UID}`, '--clear-groups', '--', ...run] : run,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', HOME: state, [TAG_VARIABLE]: tag },
      captureStdoutBytes: 100_000,
      timeoutMs: 20_000,
    });
    expect(outcome, outcome.stderrTail).toMatchObject({ end: 'exited', code: 0 });
    const uid = isRoot ? ORDINARY_UID : process.getuid?.();
    expect(JSON.parse(outcome.stdout?.toString() ?? '')).toMatchObject({
      capabilities: { provider: 'bwrap', separateUser: false, ownNetwork: true, ownProcesses: true, mounts: true },
      broken: [],
      text: `${uid}\nmade\nRead-only\nhidden\n`,
      outcome: { end: 'exited', code: 0, survivors: [] },
    });
    expect(readdirSync(join(state, 'app'))).toEqual([]);
  });
});

/** Also finds those that have cleared their environment. A zombie is none. */
function inNamespaces(namespaces: ReadonlySet<string>): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && namespaces.has(readlinkSync(`/proc/${pid}/ns/pid`)) && startTimeOf(Number(pid)) !== undefined;
    } catch {
      return false; // ended meanwhile
    }
  });
}
