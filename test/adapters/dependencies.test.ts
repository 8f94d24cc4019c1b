import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DependencyBench, openDependencyBench } from './dependencies-support.ts';

const LOCK = {
  'package.json': '{"name":"shop","scripts":{"test":"true"}}',
  'package-lock.json': '{"lockfileVersion":3}',
  'src/app.js': 'app',
};
/** Stands in for a package manager; says in its log that it ran. */
const INSTALL =
  'echo INSTALLED; mkdir -p node_modules/left-pad && cat package-lock.json > node_modules/left-pad/from && echo pad > node_modules/left-pad/index.js';

let bench: DependencyBench;
beforeAll(async () => {
  bench = await openDependencyBench(LOCK);
});
afterAll(() => bench.close());

const keysOf = (b: DependencyBench) => readdirSync(b.root).filter((name) => /^[0-9a-f]{40}$/.test(name));
const ran = (log: string) => log.includes('INSTALLED');

describe('what setup makes', () => {
  it('is there for the next command, and not in the worktree', async () => {
    const { outcome, log, worktree } = await bench.provide({ setup: { command: INSTALL } });
    expect(outcome).toEqual({ end: 'ready' });
    expect(ran(log)).toBe(true);
    expect(await bench.look('cat node_modules/left-pad/index.js; cat src/app.js')).toBe('pad\napp');
    expect(readdirSync(worktree).sort()).toEqual(['.git', 'package-lock.json', 'package.json', 'src']);
  });

  it('is made once: the same inputs get it in every slot, at once', async () => {
    const { log } = await bench.provide({ slot: 2, setup: { command: INSTALL } });
    expect(ran(log)).toBe(false);
    expect(log).toContain('nothing to do');
    expect(await bench.look('cat node_modules/left-pad/index.js', 2)).toBe('pad\n');
  });

  it('SBX-17: cannot be poisoned: what one run writes is gone for the next, in every slot', async () => {
    await bench.provide({ setup: { command: INSTALL } });
    await bench.provide({ slot: 2, setup: { command: INSTALL } });
    expect(
      await bench.look(
        'echo evil > node_modules/left-pad/index.js; chmod 777 node_modules/left-pad; touch node_modules/new; cat node_modules/left-pad/index.js',
      ),
    ).toBe('evil\n');
    expect(await bench.look('cat node_modules/left-pad/index.js; ls node_modules')).toBe('evil\nleft-pad\nnew\n');
    expect(await bench.look('cat node_modules/left-pad/index.js; ls node_modules', 2)).toBe('pad\nleft-pad\n');
    await bench.provide({ setup: { command: INSTALL } });
    expect(await bench.look('cat node_modules/left-pad/index.js; ls node_modules')).toBe('pad\nleft-pad\n');
  });

  it('is made again when the lockfile changes, and not when a test script does', async () => {
    const script = await bench.commit({ 'package.json': '{"name":"shop","scripts":{"test":"node --test"}}' });
    expect(ran((await bench.provide({ commit: script, setup: { command: INSTALL } })).log)).toBe(false);
    const lock = await bench.commit({ 'package-lock.json': '{"lockfileVersion":3,"x":1}' });
    expect(ran((await bench.provide({ commit: lock, setup: { command: INSTALL } })).log)).toBe(true);
    const lifecycle = await bench.commit({ 'package.json': '{"name":"shop","scripts":{"postinstall":"true"}}' });
    expect(ran((await bench.provide({ commit: lifecycle, setup: { command: INSTALL } })).log)).toBe(true);
    const schema = await bench.commit({ 'db/schema.prisma': '1' });
    const inputs = ['db/*.prisma'];
    expect(ran((await bench.provide({ commit: schema, setup: { command: INSTALL, inputs } })).log)).toBe(true);
    const next = await bench.commit({ 'db/schema.prisma': '2' });
    expect(ran((await bench.provide({ commit: next, setup: { command: INSTALL, inputs } })).log)).toBe(true);
    expect(ran((await bench.provide({ commit: next, setup: { command: INSTALL, inputs, env: { A: '1' } } })).log)).toBe(true);
  });

  it('by an unapproved commit is kept for exactly its tree, and one of main with the same lockfile makes its own', async () => {
    const lock = { 'package-lock.json': '{"lockfileVersion":3,"of":"a run"}' };
    const install = 'sh install.sh';
    const evil = await bench.change({ ...lock, 'install.sh': `${INSTALL}; echo evil > node_modules/left-pad/index.js` });
    const good = await bench.change({ ...lock, 'install.sh': INSTALL });
    expect(ran((await bench.provide({ commit: evil, trusted: false, setup: { command: install } })).log)).toBe(true);
    expect(ran((await bench.provide({ commit: evil, trusted: false, setup: { command: install } })).log)).toBe(false);
    expect(ran((await bench.provide({ commit: good, trusted: false, setup: { command: install } })).log)).toBe(true);
    expect(await bench.look('cat node_modules/left-pad/index.js')).toBe('pad\n');
    const main = await bench.commit({ ...lock, 'install.sh': INSTALL });
    expect(ran((await bench.provide({ commit: main, setup: { command: install } })).log)).toBe(true);
    expect(await bench.look('cat node_modules/left-pad/index.js')).toBe('pad\n');
  });

  it('lies where it was made: workspaces, folders that are named, links between packages', async () => {
    const commit = await bench.commit({
      'packages/a/package.json': '{"name":"a"}',
      'packages/a/index.js': 'module.exports = "a of the commit"',
      'packages/b/package.json': '{"name":"b"}',
    });
    const command = `${INSTALL}; ln -s ../packages/a node_modules/a; mkdir -p packages/b/node_modules/deep; echo d > packages/b/node_modules/deep/f; mkdir -p .cache/tool; echo t > .cache/tool/f; mkdir -p coverage; echo changed > src/app.js`;
    const { log } = await bench.provide({ commit, setup: { command, keep: ['.cache/tool'] } });
    expect(log).toContain('also made and not kept: coverage/.');
    expect(await bench.look('node -p \'require("a")\'; cat packages/b/node_modules/deep/f .cache/tool/f src/app.js; ls')).toBe(
      'a of the commit\nd\nt\nappinstall.sh\nnode_modules\npackage-lock.json\npackage.json\npackages\nsrc\n'.replace(
        'appinstall',
        'appdb\ninstall',
      ),
    );
  });

  it('that fails leaves nothing behind, and says how it ended', async () => {
    const before = readdirSync(bench.root).sort();
    const { outcome } = await bench.provide({ setup: { command: 'mkdir node_modules; echo no >&2; exit 3' } });
    expect(outcome).toMatchObject({ end: 'failed', process: { end: 'exited', code: 3 } });
    expect(readdirSync(bench.root).sort()).toEqual(before);
  });

  it('is made by one of two that want it at the same time', async () => {
    const command = `${INSTALL}; echo concurrently; sleep 0.3`;
    const [one, two] = await Promise.all([1, 2].map((slot) => bench.provide({ slot, setup: { command } })));
    expect([one, two].filter((each) => ran(each!.log))).toHaveLength(1);
    expect([one!.outcome, two!.outcome]).toEqual([{ end: 'ready' }, { end: 'ready' }]);
    for (const slot of [1, 2]) expect(await bench.look('cat node_modules/left-pad/index.js', slot)).toBe('pad\n');
  });

  it('SEC has no second name outside, by which it could be changed later', async () => {
    const command = `${INSTALL}; ln -f node_modules/left-pad/index.js src/app.js; echo linked`;
    const commit = await bench.commit({ 'src/app.js': 'pad\n' });
    await bench.provide({ commit, setup: { command } });
    await bench.look('echo evil > src/app.js');
    expect(await bench.look('cat node_modules/left-pad/index.js')).toBe('pad\n');
  });

  it('SEC is not looked for behind links', async () => {
    const secret = join(bench.box.state, 'secret');
    writeFileSync(secret, 'of the host');
    const { outcome } = await bench.provide({
      setup: {
        command: `ln -s ${bench.box.state} node_modules; ln -s / kept; rm -r src; ln -s ${bench.box.state} src`,
        keep: ['kept', 'src/secret'],
      },
    });
    expect(outcome).toEqual({ end: 'ready' });
    expect(await bench.look('ls')).not.toContain('node_modules');
    expect(readFileSync(secret, 'utf8')).toBe('of the host');
  });
});

describe('where files cannot be layered', () => {
  it('each worktree has a copy of its own', async () => {
    const plain = await openDependencyBench(LOCK, {
      sandbox: (sandbox) => ({ ...sandbox, capabilities: { ...sandbox.capabilities, layers: false } }),
    });
    await plain.provide({ setup: { command: INSTALL } });
    expect(await plain.look('echo evil > node_modules/left-pad/index.js; cat node_modules/left-pad/index.js')).toBe('evil\n');
    await plain.provide({ slot: 2, setup: { command: INSTALL } });
    expect(await plain.look('cat node_modules/left-pad/index.js', 2)).toBe('pad\n');
    expect(ran((await plain.provide({ setup: { command: INSTALL } })).log)).toBe(false);
    expect(await plain.look('cat node_modules/left-pad/index.js')).toBe('pad\n');
    await plain.close();
  });

  it('and without a sandbox it lies in the worktree', async () => {
    const bare = await openDependencyBench(LOCK, { provider: 'none' });
    const { worktree } = await bare.provide({ setup: { command: INSTALL } });
    expect(readFileSync(join(worktree, 'node_modules/left-pad/index.js'), 'utf8')).toBe('pad\n');
    expect(ran((await bare.provide({ setup: { command: INSTALL } })).log)).toBe(false);
    expect(readFileSync(join(worktree, 'node_modules/left-pad/index.js'), 'utf8')).toBe('pad\n');
    await bare.close();
  });
});

describe('what nobody uses', () => {
  it('goes when it is old, when there is too much, or when room is needed; what a worktree has stays', async () => {
    const small = await openDependencyBench(LOCK, { limits: { unusedMs: 1_000, maxBytes: 1e12 } });
    await small.provide({ setup: { command: INSTALL } });
    await small.provide({ setup: { command: `${INSTALL} # another` } });
    const within = await small.provide({ slot: 2, place: 'within', setup: { command: `${INSTALL} # a release` } });
    expect(keysOf(small)).toHaveLength(3);
    await small.dependencies.prune({ all: false });
    expect(keysOf(small)).toHaveLength(3);
    small.now.ms += 2_000;
    expect((await small.dependencies.prune({ all: false })).removedBytes).toBeGreaterThan(0);
    expect(keysOf(small)).toHaveLength(1);
    await small.dependencies.prune({ all: true });
    expect(await small.look('cat node_modules/left-pad/index.js')).toBe('pad\n');
    expect(readFileSync(join(within.worktree, 'node_modules/left-pad/index.js'), 'utf8')).toBe('pad\n');
    await small.provide({ setup: {} });
    await small.dependencies.prune({ all: true });
    expect(readdirSync(small.root).filter((name) => name !== 'ca.pem')).toEqual([]);
    await small.close();
  });
});

describe('what a release gets', () => {
  it('lies in folders that the commit does not have; a link in their place is not followed', async () => {
    const command = 'mkdir -p .yarn/cache && echo zip > .yarn/cache/a.zip && echo map > .pnp.cjs';
    const plain = await bench.commit({ '.yarn-there/x': 'x' });
    const { worktree, outcome } = await bench.provide({ slot: 4, place: 'within', commit: plain, setup: { command } });
    expect(outcome).toEqual({ end: 'ready' });
    expect(readFileSync(join(worktree, '.yarn/cache/a.zip'), 'utf8')).toBe('zip\n');
    symlinkSync('.yarn-there', join(bench.git.person.folder, '.yarn'));
    const linked = await bench.commit({ '.yarn-there/y': 'y' });
    await expect(bench.provide({ slot: 4, place: 'within', commit: linked, setup: { command } })).rejects.toThrow('in the way');
    await bench.commit({ '.yarn-there': null, '.yarn': null });
    expect(readdirSync(join(worktree, '.yarn-there'))).toEqual(['x', 'y']);
  });
});

describe('a package manager that setup fetched', () => {
  it('is there for the commands that come next, also beside a release, which has a copy of its own', async () => {
    const command = `${INSTALL}; mkdir -p ~/.cache/node/corepack && echo manager > ~/.cache/node/corepack/it`;
    await bench.provide({ setup: { command } });
    expect(await bench.look('cat ~/.cache/node/corepack/it')).toBe('manager\n');
    const release = await bench.provide({ slot: 3, place: 'within', setup: { command } });
    expect(await bench.look('cat ~/.cache/node/corepack/it node_modules/left-pad/index.js', 3)).toBe('manager\npad\n');
    const [beside] = bench.dependencies.mountsAt(release.worktree, 'app');
    expect(beside?.host).toContain(`${release.worktree}.with/`);
    await bench.provide({ slot: 3, place: 'within', setup: { command: INSTALL } });
    expect(bench.dependencies.mountsAt(release.worktree, 'app')).toEqual([]);
  });
});

describe('files of the state folder', () => {
  it('are where the app wants them, for the app alone, and in no commit', async () => {
    bench.write({ 'shop.env': 'TOKEN=a-secret-of-the-preview\n' });
    const { worktree, outcome } = await bench.provide({ setup: { copies: [{ from: 'shop.env', to: '.env.preview' }], appFolder: 'src' } });
    expect(outcome).toEqual({ end: 'ready' });
    expect(await bench.look('cat src/.env.preview; echo x > src/.env.preview || true')).toContain('TOKEN=a-secret-of-the-preview\n');
    expect(readFileSync(join(bench.box.state, 'env/shop.env'), 'utf8')).toBe('TOKEN=a-secret-of-the-preview\n');
    expect(existsSync(join(worktree, 'src/.env.preview'))).toBe(false);
    expect(bench.dependencies.mountsAt(worktree, 'agent')).toEqual([]);
    expect(statSync(join(`${worktree}.with`, 'files')).mode & 0o077).toBe(0);
  });

  it('that are not there are asked for by name', async () => {
    const { outcome } = await bench.provide({ setup: { copies: [{ from: 'gone.env', to: '.env' }] } });
    expect(outcome).toMatchObject({ end: 'failed', detail: expect.stringContaining('env/gone.env') });
  });
});
