import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pidsOfGroup, pidsTagged, sendSignal, TAG_VARIABLE } from '../../daemon/adapters/process-facts.ts';
import { type OpenedSandbox, openSandbox } from '../../daemon/adapters/sandbox/open-sandbox.ts';
import { spawnProgram } from '../../daemon/adapters/spawn.ts';
import { isRoot, LAUNCHER_PATH, untilFile } from './sandbox-support.ts';

const state = mkdtempSync('/var/tmp/sandbox-release-');
const [app, data] = [join(state, 'release'), join(state, 'data')];
/** A toolchain in somebody's folder, as a node version manager puts it there. */
const tool = join(state, 'somebody', 'versions', 'tool.mjs');
const tag = `release-test-${process.pid}`;
const uid = isRoot ? 64_010 : process.getuid?.();
let opened: OpenedSandbox;

beforeAll(async () => {
  mkdirSync(dirname(tool), { recursive: true });
  writeFileSync(tool, 'export default "a tool";\n', { mode: 0o644 });
  const result = await openSandbox({
    folder: join(state, 'sandbox'),
    nodePath: process.execPath,
    launcherPath: LAUNCHER_PATH,
    toolchain: [tool],
    log: () => {},
  });
  if (!result.ok) throw new Error(result.detail);
  opened = result;
  for (const folder of [app, data]) {
    mkdirSync(folder);
    await opened.sandbox.own(folder, 10);
  }
  writeFileSync(join(state, 'ledger.db'), 'canary');
});
afterAll(async () => {
  expect(await opened.sandbox.sweep(tag)).toEqual([]);
  rmSync(state, { recursive: true });
});

function start(script: string, env: Record<string, string> = {}) {
  const command = opened.releaseCommand({
    argv: ['node', '-e', script],
    seat: 10,
    folder: { host: app, mode: 'ro' },
    dataFolder: data,
    env: { [TAG_VARIABLE]: tag, ...env },
  });
  return { command, ...spawnProgram({ ...command, cwd: '/', captureStdoutBytes: 10_000, timeoutMs: 10_000 }) };
}

describe('a release in production', () => {
  it('SBX-01: sees its own folder and data and the network of the host, nothing else of the daemon', async () => {
    const server = createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const script = `
      const fs = require('fs'); const attempt = (act) => { try { return act() ?? 'done'; } catch (error) { return error.code; } };
      const report = { uid: process.getuid(), cwd: process.cwd(), ledger: attempt(() => fs.readFileSync(${JSON.stringify(join(state, 'ledger.db'))}, 'utf8')),
        app: attempt(() => fs.writeFileSync('planted', '')), data: attempt(() => fs.writeFileSync('/data/kept', '')), secret: process.env.SECRET };
      require('net').connect(${(server.address() as { port: number }).port}, '127.0.0.1').on('data', (text) => console.log(JSON.stringify({ ...report, net: String(text) }))).resume();`;
    const { command, ended } = start(script, { SECRET: 'of production' });
    const outcome = await ended;
    server.close();
    expect(outcome, outcome.stderrTail).toMatchObject({ end: 'exited', code: 0 });
    expect(JSON.parse(String(outcome.stdout))).toEqual({
      uid,
      cwd: '/app',
      ledger: 'ENOENT',
      app: 'EROFS',
      data: 'done',
      secret: 'of production',
      net: 'hello',
    });
    expect(statSync(join(data, 'kept')).uid).toBe(uid);
    expect(command.argv.join(' ')).not.toContain('of production');
  });

  it('reads what every sandbox has, wherever it lies: the server of plain files, and a toolchain in a folder of somebody', async () => {
    const script = `import(${JSON.stringify(tool)}).then((given) => console.log(given.default, require('fs').existsSync('/run/codex-builder/static-server.mjs')));`;
    const outcome = await start(script).ended;
    expect(outcome, outcome.stderrTail).toMatchObject({ end: 'exited', code: 0 });
    expect(String(outcome.stdout)).toBe('a tool true\n');
    expect(opened.sandbox.serving({ folder: 'dist' })).toContain("'/run/codex-builder/static-server.mjs' 'dist'");
  });

  const hasOwn = (name: string) =>
    ['/usr/local/bin', '/usr/bin', '/bin', dirname(process.execPath)].some((at) => existsSync(join(at, name)));
  for (const name of ['yarn', 'pnpm', 'pnpx']) {
    it.skipIf(hasOwn(name))(`${name}, which would have to be fetched at every start, is not there and says what to do`, async () => {
      const script = `process.exit(require('child_process').spawnSync('/bin/sh', ['-c', '${name} start'], { stdio: 'inherit' }).status)`;
      const outcome = await start(script).ended;
      expect(outcome).toMatchObject({ end: 'exited', code: 127 });
      expect(outcome.stderrTail).toMatch(
        new RegExp(`^${name} is not there in production\\. Start the app with node .* nodeLinker: node-modules in \\.yarnrc\\.yml\\.\n$`),
      );
    });
  }

  it('gets the signals to its group, ends in its own time, and its exit code is what is seen', async () => {
    const { pid, ended } = start(
      `process.on('SIGTERM', () => setTimeout(() => { require('fs').writeFileSync('/data/down', ''); process.exit(4); }, 100)); setInterval(() => {}, 1000); require('fs').writeFileSync('/data/up', '');`,
    );
    await untilFile(join(data, 'up'));
    expect(pidsTagged(tag).toSorted()).toEqual(pidsOfGroup(pid ?? 0).toSorted());
    sendSignal(-(pid ?? 0), 'SIGTERM');
    expect(await ended).toMatchObject({ end: 'exited', code: 4, survivors: [] });
    expect(existsSync(join(data, 'down'))).toBe(true);
  });

  it('SBX-05: a variable for the loader reaches the app only, not the tools that run with more rights', async () => {
    const outcome = await start('', { LD_PRELOAD: '/app/none.so' }).ended;
    expect(outcome.stderrTail.split('\n').filter((line) => line.includes('none.so'))).toHaveLength(1);
    expect(readFileSync(join(state, 'ledger.db'), 'utf8')).toBe('canary');
  });
});
