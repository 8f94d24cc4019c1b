import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAYER_FOLDERS } from '../../daemon/adapters/sandbox/layers.ts';
import { runProgram } from '../../daemon/adapters/spawn.ts';
import type { SandboxLayer, SandboxMount } from '../../daemon/ports.ts';
import { bundle, isRoot, LAUNCHER_PATH, openTestSandbox, type TestSandbox } from './sandbox-support.ts';

let box: TestSandbox;
beforeAll(async () => {
  box = await openTestSandbox();
});
afterAll(() => box.remove());

/** A kept tree of the seat and a place for what is written on top of it. */
async function layerAt(name: string): Promise<SandboxLayer> {
  const lower = join(box.state, name, 'lower');
  mkdirSync(join(lower, '0', 'left-pad'), { recursive: true });
  mkdirSync(join(lower, '1'));
  writeFileSync(join(lower, '0', 'left-pad', 'index.js'), 'original');
  await box.sandbox.own(lower, 1);
  const folder = join(box.state, name, 'a place: with, odd=characters');
  for (const part of LAYER_FOLDERS) mkdirSync(join(folder, part), { recursive: true });
  return { lower, folder };
}

const mountsOf = (layer: SandboxLayer): SandboxMount[] => [
  { host: box.app, inside: '/app', mode: 'rw' },
  { host: join(layer.lower, '0'), inside: '/app/node_modules', mode: 'rw', layer },
  { host: join(layer.lower, '1'), inside: '/app/packages/a/node_modules', mode: 'rw', layer },
];

describe('a layer', () => {
  it('takes what is written, in every way a file can be changed, and what is below stays as it was', async () => {
    expect(box.sandbox.capabilities.layers).toBe(true);
    const layer = await layerAt('writes');
    const change = [
      'cd /app/node_modules',
      'echo changed > left-pad/index.js',
      'chmod 755 left-pad/index.js',
      'mkdir .vite && echo x > .vite/meta',
      'ln left-pad/index.js hard',
      'echo again >> hard',
      'rm -r left-pad && mkdir left-pad && echo new > left-pad/index.js',
      'echo y > /app/packages/a/node_modules/y',
      'cat /app/node_modules/left-pad/index.js',
    ].join(' && ');
    const { text, outcome } = await box.read({ argv: ['sh', '-c', change], mounts: mountsOf(layer) });
    expect(outcome, outcome.stderrTail).toMatchObject({ end: 'exited', code: 0 });
    expect(text).toBe('new\n');
    expect(readFileSync(join(layer.lower, '0/left-pad/index.js'), 'utf8')).toBe('original');
    expect(readdirSync(join(layer.lower, '0'))).toEqual(['left-pad']);
    expect(readdirSync(join(layer.lower, '1'))).toEqual([]);
    const after = await box.read({ argv: ['sh', '-c', 'cat node_modules/.vite/meta packages/a/node_modules/y'], mounts: mountsOf(layer) });
    expect(after.text).toBe('x\ny\n');
  });

  it('leaves no mount behind, also of a program that is killed', async () => {
    const layer = await layerAt('killed');
    const stop = new AbortController();
    const { ended } = box.sandbox.start(
      box.request({ argv: ['sh', '-c', 'echo up; sleep 60'], mounts: mountsOf(layer), signal: stop.signal, onStdout: () => stop.abort() }),
    );
    expect(await ended).toMatchObject({ end: 'stopped', survivors: [] });
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(box.state);
    expect(readdirSync(join(layer.folder, 'merged'))).toEqual([]);
    expect((await box.read({ argv: ['cat', 'node_modules/left-pad/index.js'], mounts: mountsOf(layer) })).text).toBe('original');
  });

  it('that cannot be put together is said, and nothing runs', async () => {
    const layer = await layerAt('broken');
    const mounts = mountsOf({ ...layer, folder: join(box.state, 'no such place') });
    const outcome = await box.sandbox.run(box.request({ argv: ['touch', '/app/ran'], mounts }));
    expect(outcome.end).toBe('not_started');
    expect(existsSync(join(box.app, 'ran'))).toBe(false);
  });

  it.runIf(isRoot)('works for an ordinary user too', async () => {
    const open = mkdtempSync('/var/tmp/layers-ordinary-');
    chmodSync(open, 0o755);
    const script = join(open, 'ordinary.cjs');
    bundle(ORDINARY, script);
    for (const name of ['launcher.mjs', 'static-server.mjs']) copyFileSync(join(dirname(LAUNCHER_PATH), name), join(open, name));
    const outcome = await runProgram({
      argv: ['setpriv', '--reuid=64901', '--regid=64901', '--clear-groups', '--', process.execPath, script, join(open, 'launcher.mjs')],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
      captureStdoutBytes: 100_000,
      timeoutMs: 20_000,
    });
    rmSync(open, { recursive: true });
    expect(outcome, outcome.stderrTail).toMatchObject({ end: 'exited', code: 0 });
    expect(JSON.parse(String(outcome.stdout))).toEqual({
      layers: true,
      end: 'exited',
      text: '64901\nchanged\n',
      below: 'original',
      left: [],
    });
  });
});

describe('a mount point', () => {
  it('that had to be made is gone afterwards; what was there, or was filled meanwhile, stays', async () => {
    const files = join(box.state, 'files');
    mkdirSync(files);
    writeFileSync(join(files, 'env'), 'A=1');
    mkdirSync(join(box.app, 'kept'));
    await box.sandbox.own(box.app, 1);
    const script = 'cat .env deep/er/.env; echo z > filled/by-the-program/new; echo w > beside';
    const { text, outcome } = await box.read({
      argv: ['sh', '-c', script.replace('filled/by-the-program/new', 'filled/new')],
      mounts: [
        { host: box.app, inside: '/app', mode: 'rw' },
        ...['.env', 'deep/er/.env', 'kept/.env', 'filled/at/.env'].map(
          (path): SandboxMount => ({ host: join(files, 'env'), inside: `/app/${path}`, mode: 'ro' }),
        ),
      ],
    });
    expect(outcome).toMatchObject({ end: 'exited', code: 0 });
    expect(text).toBe('A=1A=1');
    expect(readdirSync(box.app).sort()).toEqual(['beside', 'filled', 'kept']);
    expect(readdirSync(join(box.app, 'filled'))).toEqual(['new']);
    expect(readdirSync(join(box.app, 'kept'))).toEqual([]);
  });

  it('is made for the user of the sandbox, also in a folder that is mounted read-only', async () => {
    const shut = join(box.state, 'shut');
    const below = join(box.state, 'below');
    for (const folder of [shut, below]) mkdirSync(folder);
    writeFileSync(join(below, 'f'), 'seen');
    for (const folder of [shut, below]) await box.sandbox.own(folder, 1);
    const { text, outcome } = await box.read({
      argv: ['sh', '-c', 'cat a/b/f; touch a/c || true'],
      mounts: [
        { host: shut, inside: '/app', mode: 'ro' },
        { host: below, inside: '/app/a/b', mode: 'rw' },
      ],
    });
    expect(outcome).toMatchObject({ end: 'exited', code: 0 });
    expect(text).toBe('seen');
    expect(readdirSync(shut)).toEqual([]);
  });

  it('behind a link that a program put there is not looked for on the host', async () => {
    const outside = join(box.state, 'outside');
    mkdirSync(outside);
    symlinkSync(outside, join(box.app, 'led-away'));
    await box.sandbox.run(
      box.request({
        argv: ['true'],
        mounts: [
          { host: box.app, inside: '/app', mode: 'rw' },
          { host: outside, inside: '/app/led-away/x', mode: 'ro' },
        ],
      }),
    );
    expect(lstatSync(join(box.app, 'led-away')).isSymbolicLink()).toBe(true);
    expect(existsSync(outside)).toBe(true);
  });
});

const ORDINARY = `
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { openSandbox } from '../../daemon/adapters/sandbox/open-sandbox.ts';
async function main() {
  const state = mkdtempSync('/var/tmp/layers-ordinary-');
  const opened = await openSandbox({ folder: state + '/s', nodePath: process.execPath, launcherPath: process.argv[2]!, log: () => {} });
  if (!opened.ok) throw new Error(opened.detail);
  const layer = { lower: state + '/lower', folder: state + '/place' };
  for (const each of ['/app', '/lower/0', '/place/upper', '/place/work', '/place/merged']) mkdirSync(state + each, { recursive: true });
  writeFileSync(state + '/lower/0/f', 'original');
  let text = '';
  const outcome = await opened.sandbox.run({
    tag: 'layers-ordinary', seat: 1, argv: ['sh', '-c', 'id -u; echo changed > node_modules/f; chmod 600 node_modules/f; cat node_modules/f'], cwd: '/app', env: {}, net: { kind: 'none' },
    mounts: [{ host: state + '/app', inside: '/app', mode: 'rw' }, { host: state + '/lower/0', inside: '/app/node_modules', mode: 'rw', layer }],
    timeoutMs: 15_000, signal: new AbortController().signal, onStdout: (chunk) => { text += chunk; }, onStderr: (chunk) => { text += chunk; },
  });
  console.log(JSON.stringify({ layers: opened.sandbox.capabilities.layers, end: outcome.end, text, below: readFileSync(state + '/lower/0/f', 'utf8'), left: readdirSync(state + '/app') }));
  rmSync(state, { recursive: true, force: true });
}
void main();
`;
