import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { chosenFiles } from '../../daemon/cli/context-files.ts';
import { temporaryFolder, writeFiles } from '../support/repository.ts';

const { folder, cleanUp } = temporaryFolder();
afterAll(cleanUp);

const base = join(folder, 'app');
writeFiles(base, {
  'src/a.ts': 'a',
  'src/b.ts': 'b',
  'src/deep/c.ts': 'c',
  'src/deep/c.test.ts': 't',
  'README.md': 'r',
  '.env': 'SECRET=1',
  '.env.local': 'SECRET=2',
  'src/.env.production': 'SECRET=3',
  'node_modules/x/index.ts': 'x',
  'src/dist/out.ts': 'o',
  '.git/config': 'g',
  '.codex/auth.json': '{}',
  'picture.bin': 'a\0b',
  'large.txt': 'x'.repeat(500_001),
});
writeFiles(folder, { 'outside.txt': 'not yours', 'far/away.ts': 'far' });
symlinkSync('../outside.txt', join(base, 'link-out.txt'));
symlinkSync('src/a.ts', join(base, 'link-in.txt'));
symlinkSync('.env', join(base, 'link-secret.txt'));
symlinkSync(join(folder, 'far'), join(base, 'far'));

const pathsOf = (...globs: string[]) => chosenFiles(base, globs).files.map(({ path }) => path);

describe('files for the agent', () => {
  test.each([
    [['src/a.ts'], ['src/a.ts']],
    [['./src/a.ts'], ['src/a.ts']],
    [['src/*.ts'], ['src/a.ts', 'src/b.ts']],
    [['src/**/*.ts'], ['src/a.ts', 'src/b.ts', 'src/deep/c.test.ts', 'src/deep/c.ts']],
    [['src'], ['src/a.ts', 'src/b.ts', 'src/deep/c.test.ts', 'src/deep/c.ts']],
    [
      ['src/**', '!**/*.test.ts'],
      ['src/a.ts', 'src/b.ts', 'src/deep/c.ts'],
    ],
    [
      ['!src/a.ts', 'src/*.ts'],
      ['src/a.ts', 'src/b.ts'],
    ],
    [['src/*.ts', '!src/*', 'src/a.ts'], ['src/a.ts']],
    [['link-in.txt'], ['link-in.txt']],
  ])('%j', (globs, paths) => {
    expect(pathsOf(...globs)).toEqual(paths);
  });

  test('SEC secrets, dependencies and what git keeps are never taken, whatever is asked for', () => {
    const all = pathsOf('.');
    expect(all).toEqual(['README.md', 'link-in.txt', 'src/a.ts', 'src/b.ts', 'src/deep/c.test.ts', 'src/deep/c.ts']);
    for (const glob of ['.env', '.env*', '.git/config', 'node_modules/**', '.codex/auth.json', 'src/.env.production', 'src/dist/out.ts'])
      expect(() => pathsOf(glob), glob).toThrow('never sent');
  });

  test('SEC nothing outside the folder, by name or by link', () => {
    for (const glob of ['../outside.txt', '/etc/passwd', 'src/../../outside.txt', '..'])
      expect(() => pathsOf(glob), glob).toThrow('outside');
    const { files, warnings } = chosenFiles(base, ['link-out.txt', 'link-secret.txt']);
    expect(files).toEqual([]);
    expect(warnings).toEqual([
      expect.stringContaining('link-out.txt: it is a link to a file outside'),
      expect.stringContaining('link-secret.txt: it is a link to .env'),
    ]);
    expect(() => pathsOf('far/**')).toThrow('is no file in');
  });

  test('what is not text or too large is left out and said', () => {
    const { files, warnings } = chosenFiles(base, ['picture.bin', 'large.txt', 'README.md']);
    expect(files.map(({ path, bytes }) => [path, bytes.toString()])).toEqual([['README.md', 'r']]);
    expect(warnings).toEqual([
      expect.stringContaining('large.txt: it is larger than 500 kB'),
      expect.stringContaining('picture.bin: it is not text'),
    ]);
  });

  test('more than 2 MB is too much, with the list', () => {
    const many = join(folder, 'many');
    mkdirSync(many);
    writeFiles(many, Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.txt`, name.repeat(450_000)])));
    expect(() => chosenFiles(many, ['.'])).toThrow(/more than 200 files or 2 MB.*450000 {2}a\.txt/s);
    expect(chosenFiles(many, ['.', '!e.txt']).files).toHaveLength(4);
  });

  test('a glob that finds nothing, and a folder that is none', () => {
    expect(() => pathsOf('nothing/**')).toThrow('"nothing/**" is no file in');
    expect(pathsOf('README.md', '!nothing/**')).toEqual(['README.md']);
    expect(() => chosenFiles(join(folder, 'nowhere'), ['*'])).toThrow('is no folder');
  });
});
