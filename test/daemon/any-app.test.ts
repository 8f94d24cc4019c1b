import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RepositoryDaemon, startDaemonOn } from '../support/app-daemon.ts';
import { approve, must, request, untilReleases, untilState } from '../support/daemon-process.ts';
import { get } from '../support/production-probe.ts';
import { makeRepository, type TestRepository } from '../support/repository.ts';
import { answer, patch, run as shell } from '../support/scripted-model.ts';

/**
 * An app of several packages that needs everything: dependencies, a build, a submodule, a picture in LFS, values of the host. Its
 * repository ignores nothing, so whatever lay in a worktree would become part of a commit.
 */
const PICTURE = 'the bytes of a picture\n'.repeat(20);
const oid = createHash('sha256').update(PICTURE).digest('hex');
const SECRET = 'a-value-of-the-previews-1d4f';

const INSTALL = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
console.log('INSTALLED');
mkdirSync('node_modules/greeting', { recursive: true });
writeFileSync('node_modules/greeting/package.json', '{"type":"module","exports":"./index.js"}');
writeFileSync('node_modules/greeting/index.js', 'export default "greeting of lock ' + JSON.parse(readFileSync('package-lock.json', 'utf8')).lockfileVersion + '";');
`;
const BUILD = `import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import greeting from 'greeting';
mkdirSync('dist', { recursive: true });
writeFileSync('dist/index.html', [greeting, readFileSync('../../libs/ui/banner.txt', 'utf8'), readFileSync('words.txt', 'utf8'), process.env.GREETING ?? 'no value'].join('|'));
copyFileSync('picture.bin', 'dist/picture.bin');
`;
const UNIT = `import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import greeting from 'greeting';
assert.equal(greeting, 'greeting of lock 3');
assert.equal(process.env.CHECK_VALUE, 'of-the-checks');
assert.equal(process.env.GREETING, undefined);
console.log('the file says', readFileSync('.env.local', 'utf8'));
`;
const SETTINGS = {
  slots: [{}],
  folder: 'apps/web',
  setup: { command: 'node install.mjs', network: 'none', copies: [{ from: 'preview.env', to: '.env.local' }] },
  checks: [{ name: 'unit', command: 'node unit.mjs' }],
  preview: { build: 'node build.mjs', static: 'dist' },
  deploy: { build: 'node build.mjs', static: 'dist', health: { path: '/', timeoutMs: 10_000 } },
};

let person: TestRepository;
let library: string;
let live: RepositoryDaemon;
let { model, daemon, state, ports } = {} as RepositoryDaemon;

beforeAll(async () => {
  library = mkdtempSync(join(tmpdir(), 'any-app-library-'));
  const ui = makeRepository(library, { 'banner.txt': 'banner of the library' });
  person = makeRepository(mkdtempSync(join(tmpdir(), 'any-app-')), {
    'codex-builder.jsonc': JSON.stringify(SETTINGS),
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    'apps/web/package.json': '{"name":"web","type":"module"}',
    'apps/web/package-lock.json': '{"lockfileVersion":3}',
    'apps/web/install.mjs': INSTALL,
    'apps/web/build.mjs': BUILD,
    'apps/web/unit.mjs': UNIT,
    'apps/web/words.txt': 'first words\n',
    'apps/web/picture.bin': `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${PICTURE.length}\n`,
  });
  person.git('submodule', 'add', '-q', ui.folder, 'libs/ui');
  person.git('commit', '-q', '-m', 'The library');
  const kept = join(person.folder, '.git/lfs/objects', oid.slice(0, 2), oid.slice(2, 4), oid);
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(kept, PICTURE);
  live = await startDaemonOn(person.folder, {
    prepare(folder) {
      mkdirSync(join(folder, 'env'), { mode: 0o700 });
      writeFileSync(join(folder, 'env/preview.env'), `GREETING=${SECRET}\n`, { mode: 0o600 });
      writeFileSync(join(folder, 'env/checks.env'), 'CHECK_VALUE=of-the-checks\n', { mode: 0o600 });
    },
    untilLive: false,
  });
  ({ model, daemon, state, ports } = live);
}, 60_000);

afterAll(async () => {
  await live?.end();
  rmSync(library, { recursive: true, force: true });
});

const production = async (path = '/') => (await get(ports.gateway, 'app.localhost', path)).text;
const preview = async (path = '/') => (await get(ports.gateway, 'preview1.localhost', path)).text;
const logOf = async (id: string, name: string) => (await must(daemon.client.call('getLog', { params: { id, name } }))).text;

describe('an app that needs everything', () => {
  test('is built and live, with all it needs as files of its own', async () => {
    await untilReleases(daemon, (releases) => ['live', 'failed'].includes(releases[0]?.state ?? ''));
    expect(await production()).toBe('greeting of lock 3|banner of the library|first words\n|no value');
    expect(await production('/picture.bin')).toBe(PICTURE);
  }, 60_000);

  test('a run sees all of it, changes none of it, and leaves none of it in its commit', async () => {
    model.teach('everything', [
      shell('cat apps/web/node_modules/greeting/index.js libs/ui/banner.txt; head -c 22 apps/web/picture.bin'),
      shell('echo evil > libs/ui/banner.txt; cat apps/web/.env.local'),
      shell('echo "export default \\"evil\\"" > apps/web/node_modules/greeting/index.js && cat apps/web/node_modules/greeting/index.js'),
      patch('*** Begin Patch\n*** Update File: apps/web/words.txt\n@@\n-first words\n+second words\n*** End Patch\n'),
      answer({ summary: 'The words are others now.', files: ['apps/web/words.txt'] }),
    ]);
    const asked = await request(daemon, 'SCENARIO=everything');
    const ready = await untilState(daemon, asked.id, 'needs_approval');

    const { commands } = await must(daemon.client.call('getCommands', { params: { id: asked.id } }));
    expect(commands[0]).toMatchObject({ exitCode: 0 });
    expect(commands[0]!.output).toContain('greeting of lock 3');
    expect(commands[0]!.output).toContain('banner of the library');
    expect(commands[0]!.output).toContain('the bytes of a picture');
    expect(commands[1]!.output).toMatch(/libs\/ui\/banner.txt: (Read-only|Permission)[\s\S]*\.env\.local: No such file/);
    expect(commands[2]!.output).toContain('evil');

    expect(await preview()).toBe(`greeting of lock 3|banner of the library|second words\n|${SECRET}`);
    expect(await preview('/picture.bin')).toBe(PICTURE);
    const { files } = await must(daemon.client.call('getDiff', { params: { id: asked.id } }));
    expect(files.map(({ path }) => path)).toEqual(['apps/web/words.txt']);
    const { checks } = await must(daemon.client.call('getChecks', { params: { id: asked.id } }));
    expect(checks.map(({ name, status }) => [name, status])).toEqual([
      ['unit', 'passed'],
      ['preview build', 'passed'],
      ['health', 'passed'],
      ['smoke /', 'passed'],
    ]);
    expect(await logOf(asked.id, 'check-unit')).toContain('the file says GREETING=[redacted]');
    expect(await logOf(asked.id, 'setup')).toContain('nothing to do');
    const { brief } = await must(daemon.client.call('getRun', { params: { id: asked.id } }));
    expect(brief).toContain('The app is in /app/apps/web');

    await must(approve(daemon, ready));
    await untilState(daemon, asked.id, 'merged');
    expect(await production()).toBe('greeting of lock 3|banner of the library|second words\n|no value');
    expect(person.git('log', '-1', '--format=%s', 'main')).toContain('Merge');
    expect(readdirSync(join(state, 'dependencies')).filter((name) => /^[0-9a-f]{40}$/.test(name))).toHaveLength(1);
  }, 120_000);

  test('a changed lockfile is installed again, for that change alone', async () => {
    model.teach('lock', [
      shell('sed -i s/3/4/ apps/web/package-lock.json && sed -i "s/lock 3/lock 4/" apps/web/unit.mjs'),
      answer({ summary: 'Another lockfile.', files: ['apps/web/package-lock.json', 'apps/web/unit.mjs'] }),
    ]);
    const asked = await request(daemon, 'SCENARIO=lock');
    await untilState(daemon, asked.id, 'needs_approval');
    expect(await preview()).toContain('greeting of lock 4');
    expect(await logOf(asked.id, 'setup')).toContain('INSTALLED');
    expect(readdirSync(join(state, 'dependencies')).filter((name) => /^[0-9a-f]{40}$/.test(name))).toHaveLength(2);
    await daemon.kill();
    daemon = await live.again();
    await expect.poll(() => preview(), { timeout: 20_000 }).toContain('greeting of lock 4');
  }, 120_000);
});
