import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, sourceFiles } from './source-files.ts';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');

describe('packages', () => {
  test('every version is pinned exactly', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides });
    expect(all.length).toBeGreaterThan(15);
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
  });

  test('the lockfile is of this manifest and names no registry', () => {
    expect(JSON.parse(lock).packages[''].dependencies).toEqual(manifest.dependencies);
    expect(JSON.parse(lock).packages[''].devDependencies).toEqual(manifest.devDependencies);
    expect(lock).not.toMatch(/"resolved"|https?:\/\/[^"]*registry/);
  });

  test('SUP-02 a package with an install script is allowed or refused by name', () => {
    const packages: Record<string, { hasInstallScript?: boolean }> = JSON.parse(lock).packages;
    const names = Object.entries(packages)
      .filter(([, entry]) => entry.hasInstallScript === true)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect(names).toContain('better-sqlite3');
    expect(names.filter((name) => manifest.allowScripts[name] === undefined)).toEqual([]);
  });

  test('Node is the same in engines, .nvmrc and the set-up', async () => {
    const { OLDEST_NODE } = await import('../../scripts/set-up/platform.mjs');
    expect(manifest.engines.node).toBe(`>=${OLDEST_NODE.join('.')}`);
    expect(readFileSync(join(ROOT, '.nvmrc'), 'utf8').trim()).toBe(String(OLDEST_NODE[0]));
  });
});

describe('migrations', () => {
  const files = sourceFiles(['migrations'], /\.sql$/);

  test('are numbered without a gap', () => {
    const names = readdirSync(join(ROOT, 'migrations')).sort();
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name, index) => !new RegExp(`^${String(index + 1).padStart(4, '0')}_[a-z0-9_]+\\.sql$`).test(name))).toEqual([]);
  });

  test('make strict tables only', () => {
    for (const { path, text } of files) {
      const plain = text.replace(/--[^\n]*/g, '');
      const made = plain.match(/CREATE TABLE[\s\S]*?;/gi) ?? [];
      expect(
        made
          .filter((statement) => !/\)\s*(?:WITHOUT ROWID\s*,\s*)?STRICT\s*(?:,\s*WITHOUT ROWID\s*)?;$/i.test(statement))
          .map((statement) => `${path}: ${statement.slice(0, 60)}`),
      ).toEqual([]);
    }
  });

  test('never add a column that old rows cannot have', () => {
    for (const { text } of files) expect(text).not.toMatch(/ADD COLUMN(?:(?!DEFAULT|;)[\s\S])*NOT NULL(?:(?!DEFAULT|;)[\s\S])*;/i);
  });
});
