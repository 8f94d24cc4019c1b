import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { alone } from '../../scripts/set-up/alone.mjs';
import { digestOfSources, isBuilt, markBuilt } from '../../scripts/set-up/built.mjs';
import { dependenciesAreCurrent } from '../../scripts/set-up/dependencies.mjs';
import { readOptions } from '../../scripts/set-up/options.mjs';
import { checkPlatform } from '../../scripts/set-up/platform.mjs';
import { runProgram } from '../../scripts/set-up/run-program.mjs';
import { explain, Stop } from '../../scripts/set-up/stop.mjs';
import { aptLine, hasProgram, missingPackages } from '../../scripts/set-up/system-packages.mjs';
import { temporaryFolder } from './temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Runs a script as if Node said other things of itself. */
function runAs(script: string, pretend: string, args: readonly string[] = []) {
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  return spawnSync(process.execPath, ['--import', preload, join(ROOT, script), ...args], { encoding: 'utf8', timeout: 20_000 });
}

describe('the machine', () => {
  test.each([
    ['20.18.9', 'linux'],
    ['18.20.4', 'linux'],
    ['9.0.0', 'linux'],
    ['22.0.0', 'darwin'],
    ['20.19.0', 'win32'],
  ])('Node %s on %s is refused with 78', (node, os) => {
    expect(() => checkPlatform({ node, os })).toThrow(expect.objectContaining({ code: 78, remedy: expect.any(String) }));
  });

  test.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('Node %s on Linux is taken', (node) => {
    expect(() => checkPlatform({ node, os: 'linux' })).not.toThrow();
  });

  test.each(['scripts/start.mjs', 'scripts/codex-builder', 'scripts/test.mjs'])(
    'SUP-01 %s says what to do on an old Node, and exits 78 before it does anything',
    (script) => {
      const run = runAs(script, `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })`, [
        '--help',
      ]);
      expect(run.status).toBe(78);
      expect(run.stdout).toBe('');
      expect(run.stderr).toMatch(/needs Node 20\.19 or newer; this is 18\.20\.4\.\n {2}Install/);
    },
  );

  test('another system than Linux is exit 78', () => {
    const run = runAs('scripts/start.mjs', `Object.defineProperty(process, 'platform', { value: 'darwin' })`);
    expect([run.status, run.stdout]).toEqual([78, '']);
    expect(run.stderr).toContain('Linux only');
  });

  test('help is on stdout and ends well', () => {
    const run = runAs('scripts/start.mjs', '', ['--help']);
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/^Usage: npm start -- \[--repo PATH\]/);
  });
});

describe('options', () => {
  test('the last of an option counts, and the line before the environment', () => {
    const env = { CODEX_BUILDER_REPO: '/env', CODEX_BUILDER_STATE: '/state' };
    expect(readOptions(['--repo', '/a', '--repo=/b', '--json'], env)).toMatchObject({
      repo: '/b',
      state: '/state',
      json: true,
      help: false,
    });
    expect(readOptions([], env)).toMatchObject({ repo: '/env' });
    expect(readOptions([], { CODEX_BUILDER_REPO: '' }).repo).toBeUndefined();
  });

  test.each([['--repos', '/a'], ['--repo'], ['--port', '4400', 'stray'], ['--json=yes']])(
    '%s is no option, which is exit 64 before anything is installed',
    (...argv) => {
      expect(() => readOptions(argv, {})).toThrow(expect.objectContaining({ code: 64 }));
      const run = spawnSync(process.execPath, [join(ROOT, 'scripts/start.mjs'), ...argv], { encoding: 'utf8', timeout: 20_000 });
      expect([run.status, run.stdout]).toEqual([64, '']);
    },
  );

  test.each([
    [{}, false],
    [{ CODEX_BUILDER_AGENT_API_KEY: 'k' }, true],
    [{ CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: 'http://127.0.0.1:1/v1' }, true],
  ])('with %j a model is configured: %s', (env, hasModel) => {
    expect(readOptions([], env).hasModel).toBe(hasModel);
  });
});

describe('system packages', () => {
  test('what is here is not missing, what cannot be here is', () => {
    expect(missingPackages(['git', 'no-such-program-anywhere'])).toEqual(['no-such-program-anywhere']);
    expect(hasProgram(['sh'], '')).toBe(true);
  });

  test('one line has everything a person must have run', () => {
    expect(aptLine(['git', 'chromium'])).toBe(
      'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends git chromium fonts-liberation',
    );
  });

  test('a stop is said in words, a fault of ours with its stack', () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => said.mockRestore());
    expect(explain(new Stop('There is no git.', 'Install it.\nThen try again.'))).toBe(78);
    expect(said).toHaveBeenLastCalledWith('There is no git.\n  Install it.\n  Then try again.\n');
    expect(explain(new Error('impossible'))).toBe(70);
    expect(said).toHaveBeenLastCalledWith(expect.stringContaining('set-up.test.ts'));
  });
});

describe('dependencies', () => {
  const lock = { packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0', optional: true } } };

  function checkout(installed: object | undefined): string {
    const folder = temporaryFolder('deps');
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    if (installed === undefined) return folder;
    const native = join(folder, 'node_modules/better-sqlite3/build/Release');
    mkdirSync(native, { recursive: true });
    writeFileSync(join(native, 'better_sqlite3.node'), '');
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
    return folder;
  }

  test('an empty checkout is not current', () => expect(dependenciesAreCurrent(checkout(undefined), 'develop')).toBe(false));

  test('what npm installed by hand is taken as it is, until the lockfile changes', () => {
    const folder = checkout({ 'node_modules/a': { version: '1.0.0' } });
    expect(dependenciesAreCurrent(folder, 'develop')).toBe(true);
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ packages: { ...lock.packages, 'node_modules/c': { version: '1.0.0' } } }),
    );
    expect(dependenciesAreCurrent(folder, 'develop')).toBe(false);
  });

  test('another version than the lockfile says is not current', () => {
    expect(dependenciesAreCurrent(checkout({ 'node_modules/a': { version: '1.0.1' } }), 'develop')).toBe(false);
  });

  test('what was installed only to run is not enough to develop, and the other way round it is', () => {
    const folder = checkout({ 'node_modules/a': { version: '1.0.0' } });
    expect(dependenciesAreCurrent(folder, 'run')).toBe(true);
    const stamp = join(folder, 'node_modules/.codex-builder-lock');
    writeFileSync(stamp, readFileSync(stamp, 'utf8').replace(' develop', ' run'));
    expect(dependenciesAreCurrent(folder, 'run')).toBe(true);
    expect(dependenciesAreCurrent(folder, 'develop')).toBe(false);
  });

  test('an installation that was killed half way has no record and is not current', () => {
    const folder = checkout({ 'node_modules/a': { version: '1.0.0' } });
    writeFileSync(join(folder, 'node_modules/.codex-builder-lock'), 'of another Node\n');
    expect(dependenciesAreCurrent(folder, 'develop')).toBe(false);
  });
});

describe('the build', () => {
  test('is fresh until a source, or the list of sources, changes', () => {
    const folder = temporaryFolder('built');
    mkdirSync(join(folder, 'daemon'), { recursive: true });
    writeFileSync(join(folder, 'daemon/main.ts'), 'one');
    expect(isBuilt(folder)).toBe(false);
    markBuilt(folder, digestOfSources(folder));
    expect(isBuilt(folder)).toBe(true);
    writeFileSync(join(folder, 'daemon/other.ts'), '');
    expect(isBuilt(folder)).toBe(false);
    markBuilt(folder, digestOfSources(folder));
    writeFileSync(join(folder, 'daemon/main.ts'), 'two');
    expect(isBuilt(folder)).toBe(false);
  });
});

describe('two at once', () => {
  test('never set up one checkout at the same time', async () => {
    const file = join(temporaryFolder('alone'), 'dist/lock');
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all([alone(file, work), alone(file, work)]);
    expect(most).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  test('a lock whose owner was killed is taken over', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const file = join(temporaryFolder('alone'), 'lock');
    writeFileSync(file, `${dead}\n`);
    expect(await alone(file, async () => readFileSync(file, 'utf8'))).toBe(`${process.pid}\n`);
  });
});

describe('programs', () => {
  test('a program that cannot be started is an exit code, not an exception', async () => {
    expect((await runProgram('/no/such/program', [])).code).toBe(127);
  });

  test('a program that takes too long is killed with its children', async () => {
    const run = await runProgram('sh', ['-c', 'sleep 600 & echo $!; wait'], { timeoutMs: 300 });
    expect(run.code).toBe(137);
    expect(
      existsSync(`/proc/${run.output.trim()}/cmdline`) && readFileSync(`/proc/${run.output.trim()}/cmdline`, 'utf8').includes('sleep'),
    ).toBe(false);
  });
});
