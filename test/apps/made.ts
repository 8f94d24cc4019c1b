import { edit, put, type Workshop } from './workshop.ts';

/** An app as its own scaffolder makes it, and what somebody wants changed. */
export interface MadeApp {
  name: string;
  /** What init says it is. */
  framework: string;
  make(folder: string, shop: Workshop): Promise<void>;
  /** What init must write as the setup. */
  setup?: string;
  /** File whose words are changed. */
  file: string;
  words: string;
  /** Where the words are seen. */
  page?: string;
  /** The dev server, which somebody may rather have as the preview. */
  devServer?: string;
  /** What must be in the preview and not in production, or the other way: data of its own. */
  apart?: { preview: string; production: string };
}

const NODE = { '.gitignore': 'node_modules\n' };

/** Apps of different make. Versions of scaffolders are pinned; what they install is what they say today. */
export const MADE_APPS: readonly MadeApp[] = [
  {
    name: 'Vite with Preact (create-vite, npm)',
    framework: 'Vite',
    async make(folder, shop) {
      await shop.run(folder, 'npx', 'create-vite@9.3.0', '.', '--template', 'preact', '--no-interactive');
      await shop.run(folder, 'npm', 'install');
    },
    setup: 'npm ci',
    file: 'src/app.jsx',
    words: 'Get started',
    devServer: 'node_modules/.bin/vite --host 127.0.0.1 --port $PORT --strictPort',
  },
  {
    name: 'Express (express-generator, Yarn)',
    framework: 'Express',
    async make(folder, shop) {
      await shop.run(folder, 'npx', 'express-generator@4.16.1', '--view=ejs', '--git', '.');
      await shop.run(folder, 'corepack', 'yarn', 'install');
    },
    setup: 'yarn install --frozen-lockfile',
    file: 'views/index.ejs',
    words: 'Welcome to',
  },
  {
    name: 'Express with Yarn 4, which makes no node_modules (express-generator)',
    framework: 'Express',
    async make(folder, shop) {
      await shop.run(folder, 'npx', 'express-generator@4.16.1', '--view=ejs', '--git', '.');
      await shop.run(folder, 'npm', 'pkg', 'set', 'packageManager=yarn@4.9.2');
      put(folder, { '.gitignore': '.yarn\n.pnp.*\n' });
      await shop.run(folder, 'corepack', 'yarn', 'install');
    },
    setup: 'yarn install --immutable',
    file: 'views/index.ejs',
    words: 'Welcome to',
  },
  {
    name: 'a server on node:http, without a single dependency',
    framework: 'Node server',
    async make(folder) {
      put(folder, {
        'package.json': { name: 'plain', type: 'module', scripts: { start: 'node server.js', test: 'node --test' } },
        'server.js': `import { createServer } from 'node:http';
import { page } from './page.js';
createServer((request, response) => {
  if (request.url === '/healthz') return response.end('ok');
  response.setHeader('content-type', 'text/html').end(page());
}).listen(process.env.PORT ?? 3000, '127.0.0.1');
`,
        'page.js': "export const page = () => '<!doctype html><title>Plain</title><h1>Plain and simple</h1>';\n",
        'page.test.js': `import assert from 'node:assert';
import test from 'node:test';
import { page } from './page.js';
test('there is a heading', () => assert.match(page(), /<h1>.+<\\/h1>/));
`,
      });
    },
    file: 'page.js',
    words: 'Plain and simple',
  },
  {
    name: 'Eleventy (npm)',
    framework: 'Eleventy',
    async make(folder, shop) {
      put(folder, {
        ...NODE,
        '.gitignore': 'node_modules\n_site\n',
        'package.json': { name: 'site', private: true, scripts: { build: 'eleventy', start: 'eleventy --serve' } },
        '_includes/base.njk': '<!doctype html><title>{{ title }}</title>{{ content | safe }}\n',
        'index.md': '---\nlayout: base.njk\ntitle: Notes\n---\n# Notes from the garden\n',
      });
      await shop.run(folder, 'npm', 'install', '--save-dev', '@11ty/eleventy@3.1.2');
    },
    setup: 'npm ci',
    file: 'index.md',
    words: 'Notes from the garden',
  },
  {
    name: 'SvelteKit with a server (sv create, pnpm)',
    framework: 'SvelteKit',
    async make(folder, shop) {
      const add = ['--add', 'sveltekit-adapter=adapter:node', '--no-download-check'];
      await shop.run(folder, 'npx', 'sv@0.17.1', 'create', '.', '--template', 'minimal', '--types', 'ts', '--no-install', ...add);
      await shop.run(folder, 'corepack', 'pnpm', 'install');
    },
    setup: 'pnpm install --frozen-lockfile',
    file: 'src/routes/+page.svelte',
    words: 'Welcome to SvelteKit',
  },
  {
    name: 'a Fastify API on SQLite with migrations and a seed (fastify-cli, npm)',
    framework: 'Fastify',
    async make(folder, shop) {
      await shop.run(folder, 'npx', 'fastify-cli@8.0.2', 'generate', '.', '--integrate=false');
      await shop.run(folder, 'npm', 'install', 'node-sqlite3-wasm@0.8.60');
      await shop.run(folder, 'npm', 'pkg', 'set', 'scripts.migrate=node db/migrate.js', 'scripts.seed=node db/seed.js');
      put(folder, FASTIFY_DATABASE);
    },
    setup: 'npm ci',
    file: 'routes/things/index.js',
    words: 'Things to do',
    page: '/things',
    apart: { preview: 'of the seed', production: 'of the migration' },
  },
  {
    name: 'npm workspaces with the app in a folder (create-vite)',
    framework: 'Vite',
    async make(folder, shop) {
      put(folder, {
        ...NODE,
        'package.json': { name: 'all', private: true, workspaces: ['apps/*', 'packages/*'] },
        'packages/words/package.json': { name: '@all/words', version: '1.0.0', type: 'module', exports: './index.js' },
        'packages/words/index.js': "export const heading = 'Said by another package';\n",
        'apps/.keep': '',
      });
      await shop.run(folder, 'npx', 'create-vite@9.3.0', 'apps/web', '--template', 'vanilla', '--no-interactive');
      await shop.run(folder, 'npm', 'pkg', 'set', 'dependencies.@all/words=1.0.0', '--workspace=apps/web');
      edit(folder, 'apps/web/src/main.js', 'import', "import { heading } from '@all/words'\nimport");
      edit(folder, 'apps/web/src/main.js', 'document.', 'document.title = heading\ndocument.');
      await shop.run(folder, 'npm', 'install');
    },
    setup: 'npm ci',
    file: 'packages/words/index.js',
    words: 'Said by another package',
  },
  {
    name: 'a folder of pages',
    framework: 'Static files',
    async make(folder) {
      put(folder, {
        'index.html': '<!doctype html><link rel="stylesheet" href="style.css"><h1>Hello from a file</h1>\n',
        'about/index.html': '<!doctype html><h1>About</h1>\n',
        'style.css': 'h1 { color: teal }\n',
      });
    },
    file: 'index.html',
    words: 'Hello from a file',
  },
];

const FASTIFY_DATABASE = {
  ...NODE,
  'db/open.js': `const { join } = require('node:path')
const { Database } = require('node-sqlite3-wasm')
module.exports = () => new Database(join(process.env.DATA_DIR ?? '.', 'things.db'))
`,
  'db/migrate.js': `const { readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const db = require('./open.js')()
db.exec('CREATE TABLE IF NOT EXISTS done (name TEXT PRIMARY KEY)')
const folder = join(__dirname, 'migrations')
for (const name of readdirSync(folder).sort()) {
  if (db.get('SELECT 1 FROM done WHERE name = ?', [name])) continue
  db.exec(readFileSync(join(folder, name), 'utf8'))
  db.run('INSERT INTO done VALUES (?)', [name])
}
db.close()
`,
  'db/migrations/001_things.sql': "CREATE TABLE thing (name TEXT NOT NULL);\nINSERT INTO thing VALUES ('a thing of the migration');\n",
  'db/seed.js': `const db = require('./open.js')()
db.run('DELETE FROM thing')
db.run('INSERT INTO thing VALUES (?)', ['a thing of the seed'])
db.close()
`,
  'routes/things/index.js': `'use strict'

const open = require('../../db/open.js')

module.exports = async function (fastify) {
  fastify.get('/', async function () {
    const db = open()
    const things = db.all('SELECT name FROM thing')
    db.close()
    return { heading: 'Things to do', things }
  })
}
`,
};
