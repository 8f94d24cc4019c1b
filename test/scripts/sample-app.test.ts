import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Settings } from '../../daemon/config/settings.ts';
import { EXAMPLES } from '../../scripts/demo-model/examples.mjs';
import { ensureSampleRepository, mendHotJournal, sampleFolder } from '../../scripts/set-up/sample-repository.mjs';
import { makeSample, runNode, SAMPLE, startShop } from './run-sample.ts';
import { temporaryFolder } from './temporary-folder.ts';

function git(repo: string, ...args: string[]): string {
  return spawnSync('git', args, { cwd: repo, encoding: 'utf8' }).stdout.trim();
}

describe('the copy', () => {
  test('is the same commit everywhere, clean, with what it needs inside', async () => {
    const [one, two] = [await makeSample(temporaryFolder('one')), await makeSample(temporaryFolder('two'))];
    expect(git(one, 'rev-parse', 'main')).toMatch(/^[0-9a-f]{40}$/);
    expect(git(one, 'rev-parse', 'main')).toBe(git(two, 'rev-parse', 'main'));
    expect(git(one, 'status', '--porcelain')).toBe('');
    expect(git(one, 'ls-files', 'vendor').split('\n')).toContain('vendor/node-sqlite3-wasm/LICENSE');
  });

  test('that is there already is used as it is', async () => {
    const repo = await makeSample(temporaryFolder('kept'));
    writeFileSync(join(repo, 'mine.txt'), 'mine');
    expect(await ensureSampleRepository(repo, SAMPLE)).toEqual({ repo, made: false });
    expect(readFileSync(join(repo, 'mine.txt'), 'utf8')).toBe('mine');
  });

  test('never replaces a folder that is something else', async () => {
    const folder = temporaryFolder('other');
    writeFileSync(join(folder, 'thesis.txt'), '');
    await expect(ensureSampleRepository(folder, SAMPLE)).rejects.toMatchObject({ code: 78 });
    expect(readdirSync(folder)).toEqual(['thesis.txt']);
  });

  test('that was killed half way leaves nothing that looks whole', async () => {
    const folder = join(temporaryFolder('half'), 'sample-app');
    await expect(ensureSampleRepository(folder, join(SAMPLE, 'no-such-folder'))).rejects.toThrow();
    expect(existsSync(folder)).toBe(false);
  });

  test('lives below the state folder that was named, else in the state home', () => {
    expect(sampleFolder({ state: '/s', env: {} })).toBe('/s/sample-app');
    expect(sampleFolder({ env: { XDG_STATE_HOME: '/x', HOME: '/h' } })).toBe('/x/codex-builder/sample-app');
    expect(sampleFolder({ env: { HOME: '/h' } })).toBe('/h/.local/state/codex-builder/sample-app');
    expect(() => sampleFolder({ env: {} })).toThrow(expect.objectContaining({ code: 64 }));
  });

  test('stops when the driver no longer has the line that is mended', () => {
    expect(() => mendHotJournal('function other(){}')).toThrow(/has changed/);
  });
});

describe('the settings', () => {
  test('are ones the daemon takes, and every smoke route is a page', async () => {
    const settings = Settings.parse(parse(readFileSync(join(SAMPLE, 'codex-builder.jsonc'), 'utf8'), [], { allowTrailingComma: true }));
    const folder = temporaryFolder('routes');
    const repo = await makeSample(folder);
    runNode(repo, ['migrate.mjs'], folder);
    const shop = await startShop(repo, folder);
    onTestFinished(async () => void (await shop.stop()));
    const routes = [...settings.smoke.core, ...Object.values(settings.smoke.routes).flat(), settings.preview.health.path];
    for (const route of routes) expect([route, (await fetch(shop.base + route)).status]).toEqual([route, 200]);
    expect(settings.checks.map(({ name }) => name)).toEqual(['lint', 'unit']);
  });

  test('the readme lists every request the demo model suggests', () => {
    const readme = readFileSync(join(SAMPLE, 'README.md'), 'utf8');
    expect(EXAMPLES.filter(({ prompt }) => !readme.includes(`- ${prompt}\n`))).toEqual([]);
  });
});

describe('the shop', () => {
  test('passes its own lint and tests', async () => {
    const folder = temporaryFolder('checks');
    const repo = await makeSample(folder);
    runNode(repo, ['tools/lint.mjs'], folder);
    expect(runNode(repo, ['--test'], folder)).toMatch(/fail 0/);
  });

  test('the lint is a real one', async () => {
    const folder = temporaryFolder('lint');
    const repo = await makeSample(folder);
    for (const text of ['const a = ;\n', 'const a = 1; \n', 'export const a = 1;', 'var a = 1;\n']) {
      writeFileSync(join(repo, 'bad.mjs'), text);
      expect(() => runNode(repo, ['tools/lint.mjs'], folder), JSON.stringify(text)).toThrow(/bad\.mjs/);
    }
  });

  test('migrates and seeds to the same bytes each time', async () => {
    const folder = temporaryFolder('seed');
    const repo = await makeSample(folder);
    const make = (name: string) => {
      runNode(repo, ['migrate.mjs'], join(folder, name));
      runNode(repo, ['seed.mjs'], join(folder, name));
      return readFileSync(join(folder, name, 'shop.db'));
    };
    expect(make('one').equals(make('two'))).toBe(true);
  });

  test('keeps what a visitor wrote over a restart, names its release and stops politely', async () => {
    const folder = temporaryFolder('rows');
    const repo = await makeSample(folder);
    runNode(repo, ['migrate.mjs'], folder);
    const first = await startShop(repo, folder);
    onTestFinished(async () => void (await first.stop()));
    expect(await (await fetch(`${first.base}/healthz`)).json()).toEqual({ ok: true, release: 'abc' });
    const body = new URLSearchParams({ name: 'Ada', email: 'ada@example.com', text: 'Hello' });
    expect((await fetch(`${first.base}/contact`, { method: 'POST', body, redirect: 'manual' })).headers.get('location')).toBe(
      '/contact?sent=1',
    );
    expect(await first.stop()).toBe(0);
    const second = await startShop(repo, folder);
    onTestFinished(async () => void (await second.stop()));
    expect(await (await fetch(`${second.base}/contact`)).text()).toContain('1 person has written');
  });

  test('two releases share one database', async () => {
    const folder = temporaryFolder('shared');
    const repo = await makeSample(folder);
    runNode(repo, ['migrate.mjs'], folder);
    const shops = [await startShop(repo, folder), await startShop(repo, folder)];
    onTestFinished(async () => void (await Promise.all(shops.map((shop) => shop.stop()))));
    const body = new URLSearchParams({ name: 'Ada', email: 'ada@example.com', text: 'Hello' });
    const posts = Array.from({ length: 20 }, (_, index) =>
      fetch(`${shops[index % 2]!.base}/contact`, { method: 'POST', body, redirect: 'manual' }),
    );
    expect((await Promise.all(posts)).map((response) => response.status)).toEqual(posts.map(() => 303));
    expect(await (await fetch(`${shops[0]!.base}/contact`)).text()).toContain('20 people have written');
  });

  test('a program killed in the middle of a write leaves neither half of it nor a lock that stays', async () => {
    const folder = temporaryFolder('killed');
    const repo = await makeSample(folder);
    runNode(repo, ['migrate.mjs'], folder);
    const script = `import { openDatabase } from './database.mjs';
      const database = openDatabase(process.env.DATA_DIR);
      database.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO messages SELECT i, 'whole', 'x', 'x', 'x' FROM n");
      database.exec('PRAGMA cache_size = 2');
      database.exec('BEGIN IMMEDIATE');
      database.exec("UPDATE messages SET name = 'torn'");
      process.kill(process.pid, 'SIGKILL');`;
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: repo,
      env: { ...process.env, DATA_DIR: folder },
    });
    expect(killed.signal).toBe('SIGKILL');
    expect([existsSync(join(folder, 'shop.db-journal')), existsSync(join(folder, 'shop.db.lock'))]).toEqual([true, true]);
    utimesSync(join(folder, 'shop.db.lock'), 0, 0);
    const shop = await startShop(repo, folder);
    onTestFinished(async () => void (await shop.stop()));
    expect(await (await fetch(`${shop.base}/contact`)).text()).toContain('5000 people have written');
    const count = `import { openDatabase } from './database.mjs';
      console.log(openDatabase(process.env.DATA_DIR).get("SELECT count(*) AS torn FROM messages WHERE name = 'torn'").torn);`;
    expect(runNode(repo, ['--input-type=module', '-e', count], folder).trim()).toBe('0');
  });

  test('a fresh lock of another process is respected', async () => {
    const folder = temporaryFolder('locked');
    const repo = await makeSample(folder);
    runNode(repo, ['migrate.mjs'], folder);
    mkdirSync(join(folder, 'shop.db.lock'));
    const shop = await startShop(repo, folder);
    onTestFinished(async () => void (await shop.stop()));
    expect((await fetch(shop.base)).status).toBe(500);
    expect(existsSync(join(folder, 'shop.db.lock'))).toBe(true);
    expect(shop.child.exitCode).toBeNull();
    const ended = once(shop.child, 'exit');
    shop.child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  });
});
