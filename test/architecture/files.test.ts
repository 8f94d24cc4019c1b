import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LONG, LONG_FILES } from './long-files.ts';
import { ROOT, sourceFiles } from './source-files.ts';

const CODE = /\.(ts|tsx|mjs|cjs|sql|css)$/;
const shipped = sourceFiles(['shared', 'daemon', 'extension'], CODE);
const ours = sourceFiles(['shared', 'daemon', 'extension', 'scripts', 'test', 'migrations'], CODE);

/** STYLE's glossary: what a thing must not be called. `sandbox`, `queue`, `lock`, `command` … are right for other things and so not here. */
const NOT_OUR_WORDS = [
  'task',
  'job',
  'ticket',
  'workspace',
  'workflow',
  'reservation',
  'deployment',
  'container',
  'validator',
  'execution',
  'attachment',
];
const DRAWERS = /(^|[/.-])(utils?|helpers?|common|misc|types)(\.|-|\/)/;

describe('files', () => {
  test('enough of them were seen for the rest to mean something', () => {
    expect(shipped.length).toBeGreaterThan(60);
    expect(ours.length).toBeGreaterThan(shipped.length);
  });

  test('a long file says why it is long, and only a long file does', () => {
    const long = ours.filter(({ text }) => text.split('\n').length - 1 > LONG).map(({ path }) => path);
    expect(long.filter((path) => LONG_FILES[path] === undefined)).toEqual([]);
    expect(Object.keys(LONG_FILES).filter((path) => !long.includes(path))).toEqual([]);
  });

  test('nothing is put into a drawer without a name', () => {
    expect(ours.map(({ path }) => path).filter((path) => DRAWERS.test(path))).toEqual([]);
  });

  test('things are called by their names', () => {
    const words = new RegExp(`(^|[/.-])(${NOT_OUR_WORDS.join('|')})s?([.-]|$)`);
    expect(shipped.map(({ path }) => path).filter((path) => words.test(path))).toEqual([]);
    const declared =
      /^export (?:async )?(?:function|class|interface|type|const) (?:\w*(?:Workspace|Workflow|Ticket|Job)\b|(?:workspace|workflow|ticket|job)(?:[A-Z]\w*)?\b).*/m;
    expect(shipped.filter(({ text }) => declared.test(text)).map(({ path, text }) => `${path}: ${declared.exec(text)?.[0]}`)).toEqual([]);
  });

  test('no path of anybody’s machine stands in them', () => {
    const machine = /['"`\s(](?:\/work\/(?:main|shared)|\/home\/(?!agent\b|somebody\b)[a-z]|\/Users\/[a-z]|\/root\/)/;
    expect(ours.filter(({ path, text }) => !path.startsWith('test/architecture/') && machine.test(text)).map(({ path }) => path)).toEqual(
      [],
    );
  });

  test('what ships knows nothing of the sample app', () => {
    const sample = /fern\s*(&|and|-and-)\s*moss|sample-app|money\.mjs/i;
    expect(shipped.filter(({ text }) => sample.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('a debt has a date, and the date has not passed', () => {
    const marks = ours.flatMap(({ path, text }) =>
      [...text.matchAll(/\b(?:TODO|FIXME|XXX|HACK)\b(?: \[(\d{4}-\d\d-\d\d)\])?/g)].map((match) => ({ path, date: match[1] })),
    );
    const today = new Date().toISOString().slice(0, 10);
    expect(marks.filter(({ path, date }) => path !== 'test/architecture/files.test.ts' && (date === undefined || date < today))).toEqual(
      [],
    );
  });

  test('only tests that somebody runs', () => {
    const tests = ours
      .map(({ path }) => path)
      .filter((path) => /\.(test|spec)\.(ts|tsx|mjs)$/.test(path) && !path.startsWith('scripts/sample-app/'));
    expect(tests.filter((path) => !/^test\/(?!e2e\/).*\.test\.tsx?$/.test(path) && !/^test\/e2e\/.*\.spec\.ts$/.test(path))).toEqual([]);
    expect(
      ours.filter(({ path, text }) => path.startsWith('test/') && /\b(?:test|describe|it)\.only\(/.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });

  test('every entry that the build knows exists', () => {
    const entries = [
      'daemon/main.ts',
      'daemon/gateway/main.ts',
      'daemon/cli/main.ts',
      'daemon/inspect.ts',
      'daemon/page/main.tsx',
      'daemon/page/index.html',
      'daemon/adapters/sandbox/launcher.mjs',
      'daemon/adapters/codex/judge/command-judge.mjs',
    ];
    expect(entries.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
