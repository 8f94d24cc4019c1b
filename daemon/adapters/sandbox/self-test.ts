import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import type { Sandbox, SandboxRequest } from '../../ports.ts';
import { pidsTagged } from '../process-facts.ts';

/** A promise of the provider that does not hold here. */
export interface BrokenPromise {
  promise: string;
  found: string;
  remedy: string;
}

interface ProbeReport {
  uid: number;
  canaryRead: string;
  canaryWrite: string;
  rootWrite: string;
  connect: string;
  processes: string[];
  environment: string[];
  newNamespace: number | null;
}

const TIMEOUT_MS = 20_000;
const NO_NAMESPACES =
  'bubblewrap may not create user namespaces. On Ubuntu 24.04 and later: apt-get install apparmor-profiles, copy ' +
  '/usr/share/apparmor/extra-profiles/bwrap-userns-restrict to /etc/apparmor.d/ and run apparmor_parser -r on it. In a container: allow ' +
  'user namespaces and an unmasked /proc.';
const UNEXPECTED = 'The sandbox does not confine on this machine. Update bubblewrap and the kernel; do not run agents until it holds.';

/** Tries each promise in a real sandbox. Empty when all hold. */
export async function selfTest(sandbox: Sandbox, options: { folder: string }): Promise<readonly BrokenPromise[]> {
  const folder = mkdtempSync(join(options.folder, 'self-test-'));
  const canary = join(folder, 'canary');
  const tag = `self-test/${randomBytes(6).toString('hex')}`;
  writeFileSync(canary, tag, { mode: 0o644 });
  const connections: net.Socket[] = [];
  const server = net.createServer((socket) => connections.push(socket.on('error', () => socket.destroy())));
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = (server.address() as net.AddressInfo).port;
    let written = '';
    const base = { tag, seat: 0, cwd: '/', mounts: [], env: {}, net: { kind: 'none' }, timeoutMs: TIMEOUT_MS } as const;
    const request: SandboxRequest = {
      ...base,
      argv: ['node', '-e', PROBE, canary, String(port)],
      onStdout: (chunk) => {
        written += chunk.toString();
      },
      outputBytes: 1024 * 1024,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    const outcome = await sandbox.run(request);
    if (outcome.end !== 'exited' || outcome.code !== 0) {
      const found = outcome.end === 'not_started' ? outcome.detail : `${outcome.end}: ${outcome.stderrTail}`;
      return [{ promise: 'a program can be run', found, remedy: NO_NAMESPACES }];
    }
    const nested = await sandbox.run({
      ...base,
      argv: ['unshare', '--user', '--mount', 'true'],
      nestedSandbox: true,
      signal: request.signal,
    });
    return judge(JSON.parse(written) as ProbeReport, {
      separateUser: sandbox.capabilities.separateUser,
      tag,
      canaryWritten: existsSync(`${canary}.written`),
      reached: connections.length > 0,
      nested: nested.end === 'exited' && nested.code === 0 ? '' : `${nested.end} ${nested.stderrTail}`,
      left: [...outcome.survivors, ...nested.survivors, ...pidsTagged(tag)],
    });
  } finally {
    for (const socket of connections) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function judge(
  report: ProbeReport,
  facts: { separateUser: boolean; tag: string; canaryWritten: boolean; reached: boolean; nested: string; left: readonly number[] },
): readonly BrokenPromise[] {
  const broken: BrokenPromise[] = [];
  const promise = (text: string, holds: boolean, found: unknown, remedy = UNEXPECTED) => {
    if (!holds) broken.push({ promise: text, found: String(found), remedy });
  };
  const ownUid = process.getuid?.();
  promise('programs run as another user than the daemon', !facts.separateUser || report.uid !== ownUid, `user ${report.uid}`);
  promise('files outside cannot be read', report.canaryRead === 'ENOENT', report.canaryRead);
  promise('files outside cannot be written', report.canaryWrite !== 'done' && !facts.canaryWritten, report.canaryWrite);
  promise('the system is read-only', report.rootWrite === 'EROFS', report.rootWrite);
  promise("the host's network cannot be reached", report.connect !== 'done' && !facts.reached, report.connect);
  promise("the host's processes cannot be seen", report.processes.length <= 4, report.processes.join(', '));
  promise(
    'the environment is clean',
    report.environment.every((name) => EXPECTED_VARIABLES.has(name)),
    report.environment.join(', '),
  );
  promise('no further namespaces can be made', report.newNamespace !== 0, 'unshare succeeded');
  promise('the agent can confine its own commands', facts.nested === '', facts.nested, NO_NAMESPACES);
  promise('everything ends with the program', facts.left.length === 0, `processes ${facts.left.join(', ')}`);
  return broken;
}

const EXPECTED_VARIABLES = new Set(['PATH', 'HOME', 'TMPDIR', 'LANG', 'PWD', 'CODEX_BUILDER_TAG']);

/** Plain JavaScript for the node inside: tries what must fail, leaves a child behind that has left its session, and says what it found. */
const PROBE = `
const fs = require('fs'), { spawn, spawnSync } = require('child_process');
const [canary, port] = process.argv.slice(1);
const attempt = (act) => { try { act(); return 'done'; } catch (error) { return error.code; } };
spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).unref();
const report = {
  uid: process.getuid(),
  canaryRead: attempt(() => fs.readFileSync(canary)),
  canaryWrite: attempt(() => fs.writeFileSync(canary + '.written', '')),
  rootWrite: attempt(() => fs.writeFileSync('/canary', '')),
  processes: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)),
  environment: Object.keys(process.env),
  newNamespace: spawnSync('unshare', ['--user', 'true']).status,
};
const say = (connect) => { process.stdout.write(JSON.stringify({ ...report, connect }), () => process.exit(0)); };
require('net').connect({ host: '127.0.0.1', port: Number(port) }).on('connect', () => say('done')).on('error', (error) => say(error.code));
`;
