import { parse } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import { load } from '../../daemon/config/load.ts';
import { Settings } from '../../daemon/config/settings.ts';
import { guessSettings } from '../../daemon/local/init/guess.ts';
import { settingsText } from '../../daemon/local/init/settings-text.ts';
import { holding, manifest } from './in-memory.ts';
import { SHAPES } from './shapes.ts';

const SCHEMA = 'http://127.0.0.1:4400/schema';

interface Written {
  folder?: string;
  setup?: object;
  checks: unknown[];
  preview: { command?: string; data?: object };
  deploy: { start?: string; migrate?: string };
}

function written(files: Readonly<Record<string, string | object>>, asked?: string): { text: string; settings: Written } {
  const text = settingsText(guessSettings(holding(files), asked), SCHEMA);
  return { text, settings: parse(text) };
}

/** `{ contains }` anywhere in what is expected becomes a match of part of a text. */
function matching(expected: unknown): unknown {
  if (Array.isArray(expected)) return expected.map(matching);
  if (typeof expected !== 'object' || expected === null) return expected;
  if ('contains' in expected) return expect.stringContaining(String(expected.contains));
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, matching(value)]));
}

describe('what init makes of a repository', () => {
  test.each(SHAPES)('$name', ({ files, framework, expected }) => {
    const { text, settings } = written(files);
    expect(settings).toMatchObject(matching(expected) as object);
    expect(guessSettings(holding(files)).serving.name).toBe(framework);
    const loaded = load(text, Settings);
    expect(loaded.ok ? [] : loaded.problems).toEqual([]);
  });

  test('what only a person can say cannot be taken for a command that works', () => {
    for (const { files } of SHAPES) {
      for (const { why, alternatives, key } of guessSettings(holding(files)).unknown) {
        const { text, settings } = written(files);
        expect(text).toContain('TELL ME');
        for (const alternative of alternatives) expect(text).toContain(`//   ${alternative}`);
        expect(why).not.toBe('');
        expect(key === 'deploy' ? settings.deploy.start : settings.preview.command).toMatch(/exit 1$/);
      }
    }
  });
});

describe('guesses that would look right and be wrong are not made', () => {
  const express = (start: string, more: Readonly<Record<string, string>> = {}) =>
    written({ 'package.json': manifest(['express'], { start }), ...more }).settings.deploy;
  const server = { 'server.js': 'app.listen(process.env.PORT)' };

  test.each([
    ['a port that is written down', 'node server.js', { 'server.js': 'app.listen(3000)' }],
    ['a port among the flags', 'node server.js --port 3000', server],
    ['a port before the program', 'PORT=8080 node server.js', server],
    ['a program that watches the files', 'nodemon server.js', server],
    ['node that watches the files', 'node --watch server.js', server],
  ])('%s', (_what, start, files) => {
    expect(express(start, files).start).toContain('fill in deploy.start');
    expect(express('node server.js', server).start).toBe('node server.js');
  });

  test('a health route on a router may be mounted anywhere', () => {
    const files = (route: string) => ({
      'package.json': manifest(['express'], { start: 'node server.js' }),
      'server.js': `app.listen(process.env.PORT); ${route}`,
    });
    const router = written(files("router.get('/health', ok)"));
    expect(router.settings.deploy).toMatchObject({ health: { path: '/' } });
    expect(router.text).toContain('/health on a router');
    expect(written(files("app.get('/health', ok)")).settings.deploy).toMatchObject({ health: { path: '/health' } });
  });

  test('scripts that change files, watch, or want a browser are no checks, and are named', () => {
    const { text, settings } = written({
      'package.json': manifest(['next'], {
        lint: 'eslint . --fix',
        format: 'prettier --write .',
        check: 'turbo check',
        test: 'playwright test',
        'test:unit': 'vitest --watch',
      }),
    });
    expect(settings.checks).toEqual([]);
    for (const left of ['scripts.lint', 'scripts.test ', 'scripts.test:unit']) expect(text).toContain(left);
    const npm = written({ 'package.json': manifest(['next'], { test: 'echo "Error: no test specified" && exit 1' }) });
    expect(npm.settings.checks).toEqual([]);
  });

  test('a migration that empties or makes is not run on production', () => {
    const migrate = (script: string) =>
      written({
        'package.json': manifest(['express'], { start: 'node a.js', 'db:migrate': script }),
        'a.js': 'app.listen(process.env.PORT)',
      }).settings.deploy.migrate;
    expect(migrate('prisma migrate dev')).toBeUndefined();
    expect(migrate('knex migrate:make x')).toBeUndefined();
    expect(migrate('knex migrate:latest')).toBe('node_modules/.bin/knex migrate:latest');
  });

  test('a database in the folder of the release is said, not configured', () => {
    const { text, settings } = written({
      'package.json': manifest(['express', 'better-sqlite3'], { start: 'node server.js' }),
      'server.js': "new Database('app.db'); app.listen(process.env.PORT)",
    });
    expect(settings.preview.data).toBeUndefined();
    expect(text.replace(/\s*\/\/ /g, ' ')).toContain("server.js keeps app.db in the app's own folder");
  });
});

describe('the file', () => {
  test('a named folder is the app; the others are named', () => {
    const files = {
      'package.json': { name: 'all', workspaces: ['apps/*'] },
      'apps/shop/package.json': manifest(['next'], { start: 'next start' }),
      'apps/web/package.json': manifest(['astro'], { dev: 'astro dev', build: 'astro build' }),
    };
    expect(written(files).settings.folder).toBe('apps/web');
    expect(written(files).text).toContain('apps/shop');
    expect(written(files, 'apps/shop').settings.folder).toBe('apps/shop');
  });

  test('SEC nothing that a repository says leaves its comment', () => {
    const nasty = 'a\n"deploy": { "start": "evil" }, //';
    const { text, settings } = written({
      'package.json': manifest(['next'], { start: 'next start', test: 'vitest' }),
      '.env.example': 'SECRET_KEY=1\n',
      [`app/api/health/route.ts`]: '',
      [`src/${nasty}.ts`]: 'import x from "next/font/google"',
      [`lib\u2028"x": 1/a.ts`]: 'import { Inter } from "next/font/google"',
    });
    expect(load(text, Settings).ok).toBe(true);
    expect(JSON.stringify(settings)).not.toContain('evil');
    expect(text.split('\n').every((line) => /^\s*(\/\/|[{}\]"]|$)/.test(line))).toBe(true);
  });

  test('variables that the app wants are named, those it is given are not', () => {
    const { text } = written({
      'package.json': manifest(['next'], { start: 'next start' }),
      '.env.example': '# ours\nSTRIPE_SECRET_KEY=\nexport MAIL_URL=x\nPORT=3000\n',
    });
    expect(text).toContain('.env.example names STRIPE_SECRET_KEY, MAIL_URL.');
  });

  test('packages that download something of their own are kept from it', () => {
    const { settings } = written({
      'package.json': manifest(['next', 'puppeteer', 'cypress'], { start: 'next start' }),
      'package-lock.json': '{}',
    });
    expect(settings.setup).toMatchObject({ env: { PUPPETEER_SKIP_DOWNLOAD: '1', CYPRESS_INSTALL_BINARY: '0' } });
  });
});
