import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pidsTagged, startTimeOf } from '../../daemon/adapters/process-facts.ts';
import { findSystem } from '../../daemon/adapters/sandbox/find-system.ts';
import { openSandbox } from '../../daemon/adapters/sandbox/open-sandbox.ts';
import { startConfined } from '../../daemon/adapters/sandbox/start-confined.ts';
import { isRoot, LAUNCHER_PATH, openTestSandbox, type TestSandbox, until, untilFile } from './sandbox-support.ts';

let box: TestSandbox;
beforeAll(async () => {
  box = await openTestSandbox();
});
afterAll(() => box.remove());

const NOTHING_INSIDE = ['sh', '-c', 'cat /proc/self/status; id -u; id -G'] as const;

describe('what a confined program is', () => {
  it('SBX-06: lives in namespaces of its own and sees only its own processes', async () => {
    const stop = new AbortController();
    const running = box.sandbox.start(box.request({ argv: ['sh', '-c', 'touch up; exec sleep 60'], signal: stop.signal }));
    await untilFile(join(box.app, 'up'));
    const sleeper = await until(() =>
      pidsTagged(box.tag).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('sleep\0')),
    );
    for (const namespace of ['mnt', 'pid', 'net', 'ipc', 'uts', 'user']) {
      expect(readlinkSync(`/proc/${sleeper}/ns/${namespace}`), namespace).not.toBe(readlinkSync(`/proc/self/ns/${namespace}`));
    }
    stop.abort();
    expect(await running.ended).toMatchObject({ end: 'stopped', survivors: [] });
    expect(startTimeOf(sleeper)).toBeUndefined();

    const { text } = await box.read({ argv: ['sh', '-c', `ls /proc | grep -c '^[0-9]'; kill -0 ${process.pid} || echo no-such-process`] });
    expect(Number(text.split('\n')[0])).toBeLessThanOrEqual(4);
    expect(text).toContain('no-such-process');
  });

  it('has no privileges and cannot get any', async () => {
    const { text } = await box.read({ argv: NOTHING_INSIDE });
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(text).toMatch(new RegExp(`${set}:\\t0+\\n`));
    expect(text).toMatch(/NoNewPrivs:\t1/);
  });

  it.runIf(isRoot)('runs as the user of its seat, and what it makes belongs to that user', async () => {
    const { text } = await box.read({ argv: ['sh', '-c', 'touch made; id -u; id -G; id -un'] });
    expect(text).toBe('64001\n64001\nagent64001\n');
    expect(statSync(join(box.app, 'made'))).toMatchObject({ uid: 64_001, gid: 64_001 });
    expect(statSync(box.state)).toMatchObject({ uid: 0, mode: 0o40700 });
  });

  it('SBX-08: cannot make namespaces unless it is to confine its own commands', async () => {
    const argv = ['unshare', '--user', 'true'] as const;
    expect((await box.read({ argv })).outcome).toMatchObject({ end: 'exited', code: 1 });
    expect((await box.read({ argv, nestedSandbox: true })).outcome).toMatchObject({ end: 'exited', code: 0 });
  });

  it("finds pnpm and Yarn: the host's own, else those of Corepack, whose files nobody inside can change", async () => {
    const { text } = await box.read({
      argv: [
        'sh',
        '-c',
        'for name in pnpm yarn; do p=$(command -v $name); echo "$p" | grep -o "$name$"; echo evil 2>/dev/null >> "$p" || echo kept; done',
      ],
    });
    expect(text).toBe('pnpm\nkept\nyarn\nkept\n');
  });

  it('SBX-07: has limits', async () => {
    const { text } = await box.read({ argv: ['sh', '-c', 'ulimit -n; ulimit -c; ulimit -f; ulimit -p; nice'] });
    const [files, core, blocks, processes, nice] = text.split('\n').map(Number);
    expect([files, core, blocks, nice]).toEqual([4096, 0, 4_194_304, 10]);
    expect(processes).toBeLessThanOrEqual(4096);
    const { outcome } = await box.read({ argv: ['sh', '-c', 'truncate -s 3G big'] });
    expect(outcome).not.toMatchObject({ end: 'exited', code: 0 });
  });

  it('starts with the working directory, the argument list and the standard input it was given', async () => {
    const { text } = await box.read({ argv: ['sh', '-c', 'pwd; echo "$1"; cat', 'sh', 'a b\n$c'], stdin: 'typed' });
    expect(text).toBe('/app\na b\n$c\ntyped');
  });

  it('inherits no descriptor of ours', async () => {
    const { text } = await box.read({ argv: ['sh', '-c', 'for fd in /proc/self/fd/*; do readlink $fd; done'] });
    const open = text.split('\n').filter((target) => target !== '' && target !== '/dev/null' && !target.startsWith('/proc/'));
    expect(open).toHaveLength(2); // its own stdout and stderr
  });
});

describe('what a confined program can reach', () => {
  it('SBX-01: no file of the host outside its mounts, readable for everyone or not', async () => {
    const canary = join(box.state, 'ledger.db');
    writeFileSync(canary, 'canary', { mode: 0o644 });
    const elsewhere = mkdtempSync('/tmp/sandbox-elsewhere-');
    writeFileSync(join(elsewhere, 'key'), 'canary', { mode: 0o644 });
    chmodSync(elsewhere, 0o755);
    try {
      for (const path of [
        canary,
        box.state,
        join(elsewhere, 'key'),
        '/root',
        '/etc/shadow',
        '/etc/hostname',
        '/var/lib',
        '/run/docker.sock',
        '/sys',
      ]) {
        expect(existsSync(path) || path === '/run/docker.sock', path).toBe(true);
        const { text } = await box.read({ argv: ['sh', '-c', 'cat "$1" 2>&1; ls "$1" 2>&1', 'sh', path] });
        expect(text).not.toContain('canary');
        expect(text, path).toMatch(/No such file/);
      }
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it('SBX-01: no file of another seat', async () => {
    const other = join(box.state, 'other');
    mkdirSync(other);
    await box.sandbox.own(other, 2);
    writeFileSync(join(other, 'key'), 'canary', { mode: 0o600 });
    await box.sandbox.own(other, 2);
    const mounts = [{ host: other, inside: '/other', mode: 'ro' as const }];
    const { text } = await box.read({ seat: 2, cwd: '/', mounts, argv: ['cat', '/other/key'] });
    expect(text).toBe('canary');
    if (!isRoot) return;
    const { outcome } = await box.read({ seat: 1, cwd: '/', mounts, argv: ['cat', '/other/key'] });
    expect(outcome).toMatchObject({ end: 'exited', code: 1 });
    expect(outcome.stderrTail).toContain('Permission denied');
  });

  it('SBX-02: nothing that is mounted read-only, nor the system, nor its own root', async () => {
    const git = join(box.state, 'control.git');
    mkdirSync(git, { recursive: true });
    await box.sandbox.own(git, 1);
    const mounts = [
      { host: box.app, inside: '/app', mode: 'rw' as const },
      { host: git, inside: git, mode: 'ro' as const },
    ];
    for (const path of [`${git}/config`, '/usr/planted', '/etc/planted', '/planted', '/bin/planted', '/run/planted']) {
      const { outcome } = await box.read({ mounts, argv: ['sh', '-c', 'echo x > "$1"', 'sh', path] });
      expect(outcome, path).toMatchObject({ end: 'exited', code: 2 });
      expect(outcome.stderrTail, path).toMatch(/Read-only file system/);
      expect(existsSync(path), path).toBe(false);
    }
    // Scratch folders are its own: what it writes there never was on the host.
    await box.read({ mounts, argv: ['sh', '-c', 'touch /tmp/planted /var/tmp/planted ~/planted "$1/planted"', 'sh', box.state] });
    expect(['/tmp', '/var/tmp', homedir(), box.state].filter((folder) => existsSync(join(folder, 'planted')))).toEqual([]);
  });

  it('SBX-02: a mount inside a mount keeps its own mode, whatever the order', async () => {
    writeFileSync(join(box.app, '.git'), 'gitdir: /x\n');
    await box.sandbox.own(box.app, 1);
    const mounts = [
      { host: join(box.app, '.git'), inside: '/app/.git', mode: 'ro' as const },
      { host: box.app, inside: '/app', mode: 'rw' as const },
    ];
    const { text, outcome } = await box.read({
      mounts,
      argv: ['sh', '-c', 'touch beside && rm -f .git; mv .git moved; echo x > .git; cat .git'],
    });
    expect(text).toBe('gitdir: /x\n');
    expect(outcome.stderrTail).toMatch(/busy/);
    expect(existsSync(join(box.app, 'beside'))).toBe(true);
    rmSync(join(box.app, '.git'));
  });

  it('SBX-05: no variable but those it is given, and none on a command line', async () => {
    vi.stubEnv('DAEMON_SECRET', 'canary');
    const stop = new AbortController();
    let text = '';
    const running = box.sandbox.start(
      box.request({
        argv: ['sh', '-c', 'env; touch env-up; exec sleep 60'],
        env: { GIVEN: 'given-value' },
        onStdout: (chunk) => {
          text += chunk;
        },
        signal: stop.signal,
      }),
    );
    await untilFile(join(box.app, 'env-up'));
    await until(() => text.includes('GIVEN'));
    vi.unstubAllEnvs();
    const names = text
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.toSorted()).toEqual(['CODEX_BUILDER_TAG', 'GIVEN', 'HOME', 'LANG', 'PATH', 'PWD', 'TMPDIR']);
    const own = pidsTagged(box.tag);
    expect(own.length).toBeGreaterThan(1);
    for (const pid of own) expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain('given-value');
    stop.abort();
    await running.ended;
  });

  it('SBX-05: a variable cannot reach the programs that build the sandbox', async () => {
    const outcome = await box.sandbox.run(
      box.request({ argv: ['/usr/bin/true'], env: { LD_PRELOAD: '/app/none.so', BASH_ENV: '/app/none' } }),
    );
    // One complaint: from the program's own start inside, none from nice, prlimit, setpriv or bwrap.
    expect(outcome.stderrTail.split('\n').filter((line) => line.includes('none.so'))).toHaveLength(1);
    expect(outcome).toMatchObject({ end: 'exited', code: 0 });
  });

  it('NET-01 SBX-09: no listener of the host, on TCP, on an abstract socket or at a path, also where those of X11 and D-Bus are', async () => {
    const reached: string[] = [];
    const listen = async (name: string, where: object) => {
      const server = createServer((socket) => {
        reached.push(name);
        socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(where, resolve));
      return server;
    };
    const abstract = `\0sandbox-test-${process.pid}`;
    const path = join(box.state, 'daemon.sock');
    const tcp = await listen('tcp', { port: 0, host: '127.0.0.1' });
    const places = ['/tmp', ...(isRoot ? ['/run'] : [])].map((folder) => `${folder}/sandbox-test-${process.pid}.sock`);
    const servers = [tcp, await listen('abstract', { path: abstract }), await listen('path', { path })];
    for (const place of places) servers.push(await listen(place, { path: place }));
    const port = (tcp.address() as { port: number }).port;
    const attempt = `
      const net = require('net');
      const targets = [{ port: ${port}, host: '127.0.0.1' }, { path: '\\0' + ${JSON.stringify(abstract.slice(1))} }, { path: ${JSON.stringify(path)} },
        { port: 53, host: '1.1.1.1' }, { port: 80, host: '169.254.169.254' }, { port: 80, host: '2606:4700:4700::1111' }, ...${JSON.stringify(places)}.map((path) => ({ path }))];
      Promise.all(targets.map((target) => new Promise((resolve) =>
        net.connect(target).on('connect', () => resolve('reached')).on('error', (error) => resolve(error.code)))))
        .then((found) => require('dns').lookup('example.com', (error) => console.log(JSON.stringify([...found, error.code]))));`;
    const { text } = await box.read({ argv: ['node', '-e', attempt] });
    for (const server of servers) server.close();
    const found = JSON.parse(text) as string[];
    expect(found).toHaveLength(7 + places.length);
    expect(found.slice(6, -1)).toEqual(places.map(() => 'ENOENT'));
    expect(found).not.toContain('reached');
    expect(found.slice(0, 3)).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'ENOENT']);
    expect(reached).toEqual([]);
  });

  it('SBX-01: a symbolic link that an earlier program left is not mounted', async () => {
    const secret = join(box.state, 'secret');
    mkdirSync(secret, { recursive: true });
    writeFileSync(join(secret, 'key'), 'canary', { mode: 0o644 });
    symlinkSync(secret, join(box.app, 'data'));
    await box.sandbox.own(box.app, 1);
    const attempt = (host: string) => box.read({ mounts: [{ host, inside: '/app', mode: 'rw' }], argv: ['ls', '/app'] });
    const last = await attempt(join(box.app, 'data'));
    expect(last.outcome).toMatchObject({ end: 'not_started', detail: expect.stringContaining('symbolic link') });
    expect(last.text).toBe('');
    // The link in the middle of a path is told by its owner, so only where the agent is another user.
    if (isRoot) expect((await attempt(join(box.app, 'data/key'))).outcome.end).toBe('not_started');
    rmSync(join(box.app, 'data'));
  });
});

describe('how a confined program ends', () => {
  it('SBX-03: a child that has left its session and ignores SIGTERM dies with the program', async () => {
    const script =
      'setsid sh -c "trap : TERM HUP INT; (setsid sh -c \'trap : TERM; touch deep; while :; do sleep 1; done\' &) ; while :; do sleep 1; done" & while [ ! -e deep ]; do sleep 0.01; done';
    const outcome = await box.sandbox.run(box.request({ argv: ['sh', '-c', script] }));
    expect(outcome).toMatchObject({ end: 'exited', code: 0, survivors: [] });
    expect(pidsTagged(box.tag)).toEqual([]);
  });

  it.each(['stopped', 'timed_out'] as const)(
    'SBX-03 LSE-05: so it does when it is %s, also without a trace in its environment',
    async (how) => {
      const stop = new AbortController();
      const marker = join(box.app, `deep-${how}`);
      const script = `env -i /usr/bin/setsid /bin/sh -c 'trap : TERM; touch deep-${how}; while :; do /bin/sleep 1; done' & wait`;
      const running = box.sandbox.start(
        box.request({
          argv: ['sh', '-c', script],
          signal: stop.signal,
          timeoutMs: how === 'timed_out' ? 1_500 : 15_000,
          outputBytes: 1_000,
        }),
      );
      await untilFile(marker);
      const namespace = await until(() =>
        pidsTagged(box.tag)
          .map((pid) => readlinkSync(`/proc/${pid}/ns/pid`))
          .find((each) => each !== readlinkSync('/proc/self/ns/pid')),
      );
      if (how === 'stopped') stop.abort();
      expect(await running.ended).toMatchObject({ end: how, survivors: [] });
      expect(pidsInNamespace(namespace)).toEqual([]);
      expect(pidsTagged(box.tag)).toEqual([]);
    },
  );

  it('SBX-03: it has ended only when the last of many processes has', async () => {
    const stop = new AbortController();
    const script = 'i=0; while [ $i -lt 300 ]; do env -i sleep 60 > /dev/null 2>&1 & i=$((i+1)); done; touch many; wait';
    const running = box.sandbox.start(box.request({ argv: ['sh', '-c', script], signal: stop.signal }));
    await untilFile(join(box.app, 'many'));
    const here = readlinkSync('/proc/self/ns/pid');
    const namespaces = [...new Set(pidsTagged(box.tag).map((pid) => readlinkSync(`/proc/${pid}/ns/pid`)))].filter((each) => each !== here);
    expect(namespaces.flatMap(pidsInNamespace).length).toBeGreaterThan(300);
    stop.abort();
    expect(await running.ended).toMatchObject({ end: 'stopped', survivors: [] });
    expect(namespaces.flatMap(pidsInNamespace)).toEqual([]);
  });

  it('SBX-03: when it is stopped while it comes up, nothing is left', async () => {
    for (let round = 0; round < 15; round++) {
      const stop = new AbortController();
      const running = box.sandbox.start(box.request({ argv: ['sleep', '60'], signal: stop.signal }));
      const deadline = performance.now() + round;
      await until(() => performance.now() >= deadline);
      stop.abort();
      expect(await running.ended).toMatchObject({ end: 'stopped', survivors: [] });
      expect(pidsTagged(box.tag)).toEqual([]);
    }
  });

  it('SBX-07: a flood stops at the limit', async () => {
    let bytes = 0;
    const outcome = await box.sandbox.run(
      box.request({ argv: ['yes'], outputBytes: 1_000_000, onStdout: (chunk) => (bytes += chunk.length) }),
    );
    expect(outcome).toMatchObject({ end: 'flooded', survivors: [] });
    expect(bytes).toBe(1_000_000);
  });

  it('the exit code is the program’s, and a program that cannot be started is told apart from one that fails', async () => {
    expect((await box.read({ argv: ['sh', '-c', 'echo "bwrap: no" >&2; exit 1'] })).outcome).toMatchObject({ end: 'exited', code: 1 });
    expect((await box.read({ argv: ['sh', '-c', 'exit 42'] })).outcome).toMatchObject({ end: 'exited', code: 42 });
    expect((await box.read({ argv: ['no-such-program'] })).outcome).toMatchObject({ end: 'not_started' });
    expect((await box.read({ argv: ['true'], cwd: '/no/such' })).outcome).toMatchObject({ end: 'not_started' });
    expect((await box.read({ argv: ['true'], mounts: [{ host: '/no/such', inside: '/app', mode: 'ro' }] })).outcome).toMatchObject({
      end: 'not_started',
    });
  });

  it('output goes to the log unless somebody listens', async () => {
    const written: string[] = [];
    const log = { write: (chunk: Uint8Array | string) => void written.push(String(chunk)), close: async () => {} };
    await box.sandbox.run(box.request({ argv: ['sh', '-c', 'echo out; echo err >&2'], log }));
    expect(written.toSorted()).toEqual(['err\n', 'out\n']);
  });

  it('a sweep by tag ends a sandbox of ours and leaves others alone', async () => {
    const start = (tag: string) =>
      box.sandbox.start(box.request({ tag, argv: ['sh', '-c', `touch "$0"; exec sleep 60`, tag.replaceAll('/', '-')] }));
    const [ours, other] = [start(`${box.tag}/sweep/1`), start(`${box.tag}/sweep2/1`)];
    await untilFile(join(box.app, `${box.tag}-sweep-1`));
    await untilFile(join(box.app, `${box.tag}-sweep2-1`));
    expect(await box.sandbox.sweep(`${box.tag}/sweep`)).toEqual([]);
    expect(await ours.ended).toMatchObject({ end: 'signaled', survivors: [] });
    expect(pidsTagged(`${box.tag}/sweep2`).length).toBeGreaterThan(0);
    expect(await box.sandbox.sweep(box.tag)).toEqual([]);
    await other.ended;
  });
});

describe('the real Codex', () => {
  const vendor = fileURLToPath(new URL(`../../node_modules/@openai/codex-linux-${process.arch}/vendor/`, import.meta.url));
  const release = join(vendor, readdirSync(vendor)[0] ?? '');

  it('confines its own commands inside', async () => {
    const codex = await openTestSandbox({ toolchain: [release] });
    const home = join(codex.state, 'codex');
    mkdirSync(home);
    await codex.sandbox.own(home, 1);
    const argv = [
      join(release, 'bin/codex'),
      'sandbox',
      '-c',
      'sandbox_mode="workspace-write"',
      '--',
      'sh',
      '-c',
      'touch /app/made; touch /codex/made; id -u',
    ] as const;
    const mounts = [
      { host: codex.app, inside: '/app', mode: 'rw' as const },
      { host: home, inside: '/codex', mode: 'rw' as const },
    ];
    const { text, outcome } = await codex.read({ argv, mounts, env: { CODEX_HOME: '/codex' }, nestedSandbox: true });
    expect(text, outcome.stderrTail).toBe(`${isRoot ? 64_001 : process.getuid?.()}\n`);
    expect(existsSync(join(codex.app, 'made'))).toBe(true);
    expect(existsSync(join(home, 'made'))).toBe(false);
    await codex.remove();
  });

  it('brings a bwrap that does on a machine without one', async () => {
    const installation = {
      folder: join(box.state, 'sandbox'),
      nodePath: process.execPath,
      launcherPath: LAUNCHER_PATH,
      toolchain: [],
      uids: [64_001],
    };
    const system = findSystem(installation, isRoot);
    if ('missing' in system) throw new Error(system.missing);
    const bundled = { ...system, tools: { ...system.tools, bwrap: join(release, 'codex-resources/bwrap') } };
    const confinement = {
      system: bundled,
      folder: box.state,
      uidOf: () => (isRoot ? 64_001 : undefined),
      maxProcesses: 4_096,
      layers: undefined,
      onRefused: () => {},
    };
    for (const nestedSandbox of [false, true]) {
      const { pid, ended } = startConfined(confinement, box.request({ argv: ['sh', '-c', 'touch /app/bundled; exit 3'], nestedSandbox }));
      expect(pid).toBeGreaterThan(0);
      expect(await ended).toMatchObject({ end: 'exited', code: 3, stderrTail: '', survivors: [] });
    }
  });
});

describe('what a provider says of itself', () => {
  it('all promises hold here', async () => {
    expect(await box.sandbox.selfTest()).toEqual([]);
    expect(box.sandbox.capabilities).toEqual({
      provider: isRoot ? 'user+bwrap' : 'bwrap',
      separateUser: isRoot,
      ownNetwork: true,
      ownProcesses: true,
      layers: expect.any(Boolean),
      mounts: true,
    });
  });

  it('SBX-10: a sandbox that cannot be built is a broken promise with a remedy, never no sandbox', async () => {
    const broken = await openTestSandbox({ toolchain: ['/no/such/toolchain'] });
    const found = await broken.sandbox.selfTest();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ promise: 'a program can be run', remedy: expect.stringContaining('apparmor') });
    await broken.remove();
  });

  it('SBX-11: without a sandbox nothing is promised, and programs still run, are found and are ended', async () => {
    const none = await openTestSandbox({ provider: 'none' });
    expect(none.sandbox.capabilities).toEqual({
      provider: 'none',
      separateUser: false,
      ownNetwork: false,
      ownProcesses: false,
      layers: false,
      mounts: false,
    });
    expect((await none.read({ argv: ['pwd'] })).text).toBe(`${none.app}\n`);
    const outcome = await none.sandbox.run(none.request({ argv: ['sh', '-c', 'setsid sleep 60 & sleep 60'], timeoutMs: 300 }));
    expect(outcome).toMatchObject({ end: 'timed_out', survivors: [] });
    expect(pidsTagged(none.tag)).toEqual([]);
    await none.remove();
  });

  it.runIf(!isRoot)('SBX-10: another user needs root, and that is said', async () => {
    const opened = await openSandbox({
      provider: 'user+bwrap',
      folder: box.state,
      nodePath: process.execPath,
      launcherPath: LAUNCHER_PATH,
      log: () => {},
    });
    expect(opened).toMatchObject({ ok: false, remedy: expect.stringContaining('root') });
  });
});

/** Also finds those that have cleared their environment. A zombie is none. */
function pidsInNamespace(namespace: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/pid`) === namespace && startTimeOf(Number(pid)) !== undefined;
    } catch {
      return false; // ended meanwhile
    }
  });
}
