import { describe, expect, test } from 'vitest';
import { notAllowedWords, type PathSettings, pathsNotAllowed } from '../../daemon/core/allowed-paths.ts';
import { file } from './policy-table.ts';

const judge = (settings: Partial<PathSettings>, ...paths: string[]) =>
  pathsNotAllowed(
    paths.map((path) => file(path)),
    { deny: [], ...settings },
  );

describe('which paths a change may touch', () => {
  test('all of them where nothing is said', () => {
    expect(judge({}, 'a', '.github/x', 'odd\\name')).toEqual([]);
  });

  test('those that are allowed, without those that are denied', () => {
    expect(judge({ allow: ['src/**', '*.md'] }, 'src/a.ts', 'src/deep/b.ts', 'README.md', 'docs/README.md', 'package.json')).toEqual([
      'docs/README.md',
      'package.json',
    ]);
    expect(judge({ deny: ['.github/**', '**/*.pem'] }, '.github/ci.yml', 'a/key.pem', 'src/a.ts')).toEqual(['.github/ci.yml', 'a/key.pem']);
    expect(judge({ allow: ['src/**'], deny: ['src/secret/**'] }, 'src/a.ts', 'src/secret/b.ts')).toEqual(['src/secret/b.ts']);
  });

  test('both names of a rename count, each path once', () => {
    const renamed = (path: string, oldPath: string) => file(path, { status: 'renamed', oldPath });
    const settings: PathSettings = { allow: ['src/**'], deny: [] };
    expect(pathsNotAllowed([renamed('src/a.ts', 'ops/a.ts'), renamed('ops/b.ts', 'src/b.ts'), file('ops/b.ts')], settings)).toEqual([
      'ops/a.ts',
      'ops/b.ts',
    ]);
  });

  test('FS-03: another spelling is never allowed and always denied', () => {
    const composed = 'src/pag\u00e9/a.ts';
    const decomposed = composed.normalize('NFD');
    expect(judge({ allow: [composed, 'src/Case.ts'] }, composed, decomposed, 'src/case.ts', 'SRC/Case.ts')).toEqual([
      decomposed,
      'src/case.ts',
      'SRC/Case.ts',
    ]);
    expect(judge({ deny: [composed, 'src/Case.ts'] }, composed, decomposed, 'src/case.ts', 'SRC/CASE.TS')).toHaveLength(4);
    const odd = ['/etc/passwd', '../up', 'src/../ops/a', 'src/./a', 'src//a', 'src\\..\\ops', 'src/a\0b', 'src/', ''];
    expect(judge({ allow: ['**'] }, ...odd)).toEqual(odd);
    expect(judge({ deny: ['ops/**'] }, ...odd)).toEqual(odd);
  });
});

test('twenty paths are named and the rest counted', () => {
  const paths = Array.from({ length: 23 }, (_, index) => `f${index}`);
  expect(notAllowedWords(paths)).toContain('f0, f1, ');
  expect(notAllowedWords(paths)).toContain('f19 and 3 more. ');
  expect(notAllowedWords(['x'])).toBe('The change touches what it may not: x. The globs are policy.paths in codex-builder.jsonc on main.');
});
