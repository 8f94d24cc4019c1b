import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INNOCENT, PLANTED } from './planted-violations.ts';
import { ROOT } from './source-files.ts';

interface Cruise {
  summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] };
}

/** Fewer modules than this means that the tool saw nothing, and would pass whatever is written. */
const PLAUSIBLE_MODULES = 250;
const config: { forbidden: { name: string }[] } = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs'));

function cruise(folder: string): Cruise {
  const run = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      'shared',
      'daemon',
      'extension',
    ],
    { cwd: folder, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  if (run.stdout === '') throw new Error(`dependency-cruiser said nothing: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe('imports', () => {
  test('no room opens a door it has no key to', () => {
    const { summary } = cruise(ROOT);
    expect(summary.violations.map((violation) => `${violation.rule.name}: ${violation.from} → ${violation.to}`)).toEqual([]);
    expect(summary.totalCruised).toBeGreaterThan(PLAUSIBLE_MODULES);
  });
});

describe('each rule bites', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cb-planted-'));
  const found: string[] = [];

  beforeAll(() => {
    for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'tsconfig.base.json']) cpSync(join(ROOT, file), join(folder, file));
    write(join(folder, 'package.json'), JSON.stringify({ name: 'planted', type: 'module', imports: { '#shared/*': './shared/*' } }));
    for (const { path, text } of INNOCENT) write(join(folder, path), text);
    for (const { from, text } of PLANTED) write(join(folder, from), text);
    const packages = PLANTED.filter(({ rule }) => rule.startsWith('one-home-for-')).map(
      ({ text }) => /from '([^']+)'/.exec(text)?.[1] ?? '',
    );
    for (const name of packages) {
      write(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      write(join(folder, 'node_modules', name, 'index.js'), 'exports.seen = 1;\n');
    }
    found.push(...cruise(folder).summary.violations.map((violation) => `${violation.rule.name} ${violation.from}`));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(PLANTED)('$rule stops $from', ({ rule, from }) => {
    expect(found).toContain(`${rule} ${from}`);
  });

  test('no rule goes without a planted violation, and nothing innocent is accused', () => {
    expect(config.forbidden.map(({ name }) => name).filter((name) => !PLANTED.some(({ rule }) => rule === name))).toEqual([]);
    const guilty = new Set(PLANTED.map(({ from }) => from));
    expect(found.map((line) => line.split(' ')[1]).filter((from) => from === undefined || !guilty.has(from))).toEqual([]);
  });
});
