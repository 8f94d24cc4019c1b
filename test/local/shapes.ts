import { manifest } from './in-memory.ts';

/** A repository as a value, and what must be guessed of it: the settings without their defaults. */
export interface Shape {
  name: string;
  files: Readonly<Record<string, string | object>>;
  framework: string;
  expected: object;
}

const dev = (...names: readonly string[]) => ({ devDependencies: Object.fromEntries(names.map((name) => [name, '*'])) });
/** Matched as part of a text. */
const says = (key: string) => ({ contains: `fill in ${key}` });
const built = (command: string) => ({ build: command, env: { NODE_ENV: 'production' } });

export const SHAPES: readonly Shape[] = [
  {
    name: 'Next.js with npm: its own server on the given port, checks from scripts, a health route that is a file',
    files: {
      'package.json': manifest(['next', 'react'], {
        dev: 'next dev',
        build: 'next build',
        start: 'next start -p 3000',
        lint: 'eslint .',
        test: 'vitest',
      }),
      'package-lock.json': '{}',
      'app/api/health/route.ts': '',
    },
    framework: 'Next.js',
    expected: {
      setup: { command: 'npm ci' },
      checks: [
        { name: 'lint', command: 'npm run lint' },
        { name: 'test', command: 'npm test' },
      ],
      preview: {
        build: 'npm run build',
        command: 'node_modules/.bin/next start -H 127.0.0.1 -p $PORT',
        env: { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
        health: { path: '/api/health' },
      },
      deploy: { build: 'npm run build', start: 'node_modules/.bin/next start -H 127.0.0.1 -p $PORT', health: { path: '/api/health' } },
    },
  },
  {
    name: 'Next.js standalone: the files that the build leaves out are put beside its server',
    files: {
      'package.json': manifest(['next'], { build: 'next build' }),
      'pnpm-lock.yaml': '',
      'next.config.mjs': "export default { output: 'standalone' }",
      'public/logo.svg': '',
    },
    framework: 'Next.js',
    expected: {
      deploy: {
        build: 'pnpm run build && cp -r .next/static .next/standalone/.next/ && cp -r public .next/standalone/',
        start: 'HOSTNAME=127.0.0.1 node .next/standalone/server.js',
      },
    },
  },
  {
    name: 'Next.js export: a folder of files',
    files: { 'package.json': manifest(['next'], { build: 'next build' }), 'next.config.js': "module.exports = { output: 'export' }" },
    framework: 'Next.js',
    expected: { preview: { static: 'out' }, deploy: { static: 'out' } },
  },
  {
    name: 'Next.js behind a server of its own: that server is what starts',
    files: {
      'package.json': manifest(['next'], { build: 'next build', start: 'NODE_ENV=production node server.js' }),
      'server.js': "createServer(handle).listen(process.env.PORT, '127.0.0.1')",
    },
    framework: 'Node server',
    expected: { deploy: { build: 'npm run build', start: 'NODE_ENV=production node server.js' } },
  },
  {
    name: 'Vite with pnpm: files, with one page for every address',
    files: {
      'package.json': manifest(
        ['react'],
        { dev: 'vite', build: 'tsc -b && vite build', preview: 'vite preview', typecheck: 'tsc --noEmit' },
        dev('vite'),
      ),
      'pnpm-lock.yaml': '',
      'index.html': '',
      'vite.config.ts': "export default defineConfig({ build: { outDir: 'public_html' } })",
    },
    framework: 'Vite',
    expected: {
      setup: { command: 'pnpm install --frozen-lockfile' },
      checks: [{ name: 'typecheck', command: 'pnpm run typecheck' }],
      preview: { ...built('pnpm run build'), static: { folder: 'public_html', fallback: 'index.html' } },
      deploy: { build: 'pnpm run build', static: { folder: 'public_html', fallback: 'index.html' } },
    },
  },
  {
    name: 'Vite as the front end of an Express server: the server is what starts',
    files: {
      'package.json': manifest(['express', 'react'], { build: 'vite build', start: 'node server.js' }, dev('vite')),
      'index.html': '',
      'server.js': 'app.listen(Number(process.env.PORT), process.env.HOST)',
    },
    framework: 'Express',
    expected: { preview: built('npm run build'), deploy: { build: 'npm run build', start: 'node server.js' } },
  },
  {
    name: 'SvelteKit with adapter-node: told where it is behind the gateway',
    files: {
      'package.json': manifest([], { build: 'vite build' }, dev('@sveltejs/kit', 'vite', '@sveltejs/adapter-node')),
      'package-lock.json': '{}',
      'svelte.config.js': "import adapter from '@sveltejs/adapter-node';\nexport default { kit: { adapter: adapter() } };",
      'src/routes/healthz/+server.ts': '',
    },
    framework: 'SvelteKit',
    expected: {
      preview: { command: 'node build', health: { path: '/healthz' } },
      deploy: { start: 'node build', env: { PROTOCOL_HEADER: 'x-forwarded-proto', HOST_HEADER: 'x-forwarded-host' } },
    },
  },
  {
    name: 'SvelteKit with adapter-auto: a preview is sure, production is not',
    files: {
      'package.json': manifest([], { build: 'vite build' }, dev('@sveltejs/kit', 'vite')),
      'package-lock.json': '{}',
      'svelte.config.js': "import adapter from '@sveltejs/adapter-auto';",
    },
    framework: 'SvelteKit',
    expected: {
      preview: { build: 'npm run build', command: 'node_modules/.bin/vite preview --host 127.0.0.1 --port $PORT --strictPort' },
      deploy: { start: says('deploy.start') },
    },
  },
  {
    name: 'React Router: its server reads PORT and HOST',
    files: {
      'package.json': manifest(
        ['@react-router/serve'],
        { build: 'react-router build', start: 'react-router-serve ./build/server/index.js' },
        dev('@react-router/dev', 'vite'),
      ),
      'yarn.lock': '# yarn lockfile v1',
    },
    framework: 'React Router',
    expected: {
      setup: { command: 'yarn install --frozen-lockfile' },
      deploy: { build: 'yarn run build', start: 'node_modules/.bin/react-router-serve ./build/server/index.js' },
    },
  },
  {
    name: 'Nuxt: the built server',
    files: { 'package.json': manifest(['nuxt'], { build: 'nuxt build' }), 'bun.lock': '', 'server/api/health.get.ts': '' },
    framework: 'Nuxt',
    expected: {
      setup: { command: 'bun install --frozen-lockfile' },
      deploy: { build: 'bun run build', start: 'node .output/server/index.mjs', health: { path: '/api/health' } },
    },
  },
  {
    name: 'Astro: files by default',
    files: { 'package.json': manifest(['astro'], { build: 'astro build' }), 'package-lock.json': '{}', 'astro.config.mjs': '' },
    framework: 'Astro',
    expected: { preview: { build: 'npm run build', static: 'dist' }, deploy: { static: 'dist' } },
  },
  {
    name: 'Astro with its Node adapter: a server',
    files: {
      'package.json': manifest(['astro', '@astrojs/node'], { build: 'astro build' }),
      'astro.config.mjs': "import node from '@astrojs/node';\nexport default { output: 'server', adapter: node({ mode: 'standalone' }) }",
    },
    framework: 'Astro',
    expected: { deploy: { start: 'node ./dist/server/entry.mjs' } },
  },
  {
    name: 'Eleventy: where its configuration puts the files',
    files: {
      'package.json': manifest([], { build: 'eleventy' }, dev('@11ty/eleventy')),
      'eleventy.config.js': "return { dir: { input: 'src', output: 'public_site' } }",
    },
    framework: 'Eleventy',
    expected: { setup: { command: 'npm install --no-package-lock' }, deploy: { build: 'npm run build', static: 'public_site' } },
  },
  {
    name: 'Express with SQLite in DATA_DIR, a migration script and a seed',
    files: {
      'package.json': manifest(['express', 'better-sqlite3'], {
        start: 'node src/server.js',
        'db:migrate': 'node migrate.js',
        'db:seed': 'node seed.js',
        test: 'node --test',
      }),
      'package-lock.json': '{}',
      'src/server.js': "const { PORT = 3000 } = process.env; app.get('/healthz', ok); app.listen(PORT, '127.0.0.1')",
      'src/database.js': "new Database(join(process.env.DATA_DIR, 'shop.db'))",
      'migrations/0001_shop.sql': '',
    },
    framework: 'Express',
    expected: {
      preview: {
        command: 'node src/server.js',
        data: { kind: 'sqlite', file: 'shop.db', seed: 'node migrate.js && node seed.js' },
        health: { path: '/healthz' },
      },
      deploy: { migrate: 'node migrate.js', start: 'node src/server.js' },
    },
  },
  {
    name: 'Fastify in TypeScript: a program of a package is named with its folder',
    files: {
      'package.json': manifest(['fastify', 'tsx'], { start: 'tsx src/server.ts', 'format:check': 'prettier --check .' }),
      'package-lock.json': '{}',
      'src/server.ts': "await fastify.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' })",
    },
    framework: 'Fastify',
    expected: { checks: [{ name: 'format', command: 'npm run format:check' }], deploy: { start: 'node_modules/.bin/tsx src/server.ts' } },
  },
  {
    name: 'express-generator: its program has no ending',
    files: {
      'package.json': manifest(['express'], { start: 'node ./bin/www' }),
      'yarn.lock': '# yarn lockfile v1',
      'app.js': 'module.exports = express();',
      'bin/www': "#!/usr/bin/env node\nvar port = normalizePort(process.env.PORT || '3000');\nserver.listen(port);",
    },
    framework: 'Express',
    expected: { setup: { command: 'yarn install --frozen-lockfile' }, deploy: { start: 'node ./bin/www' } },
  },
  {
    name: 'Yarn without node_modules: node is told where the packages are',
    files: {
      'package.json': {
        ...manifest(['express'], { start: 'NODE_ENV=production node server.js' }),
        type: 'module',
        packageManager: 'yarn@4.9.2',
      },
      'yarn.lock': '__metadata:\n  version: 8',
      'server.js': "app.listen(process.env.PORT, '127.0.0.1')",
    },
    framework: 'Express',
    expected: {
      setup: { command: 'yarn install --immutable' },
      deploy: { start: 'NODE_ENV=production node -r ./.pnp.cjs --loader ./.pnp.loader.mjs server.js' },
    },
  },
  {
    name: 'Yarn without node_modules, started by a program of a package: production has no Yarn to run it',
    files: {
      'package.json': manifest(['next', 'react'], { start: 'next start', build: 'next build' }, { packageManager: 'yarn@4.9.2' }),
      'yarn.lock': '__metadata:\n  version: 8',
    },
    framework: 'Next.js',
    expected: {
      preview: { build: 'yarn run build', command: 'yarn run next start -H 127.0.0.1 -p $PORT' },
      deploy: { build: 'yarn run build', start: { contains: 'exit 1' } },
    },
  },
  {
    name: 'Yarn without node_modules, and a server that was built: node is told where the packages are',
    files: {
      'package.json': { ...manifest(['@sveltejs/kit'], { build: 'vite build' }), type: 'module', packageManager: 'yarn@4.9.2' },
      'yarn.lock': '__metadata:\n  version: 8',
      'svelte.config.js': "import adapter from '@sveltejs/adapter-node';\nexport default { kit: { adapter: adapter() } };",
    },
    framework: 'SvelteKit',
    expected: { deploy: { build: 'yarn run build', start: 'node -r ./.pnp.cjs --loader ./.pnp.loader.mjs build' } },
  },
  {
    name: 'fastify-cli: the program that starts it reads PORT',
    files: {
      'package.json': manifest(['fastify', 'fastify-cli'], { start: 'fastify start -l info app.js' }),
      'package-lock.json': '{}',
      'app.js': 'module.exports = async function (fastify) {}',
    },
    framework: 'Fastify',
    expected: { deploy: { start: 'node_modules/.bin/fastify start -l info app.js' } },
  },
  {
    name: 'a start of several commands under pnpm, which production does not have',
    files: {
      'package.json': manifest(['express'], { start: 'node warm.js && node server.js' }),
      'pnpm-lock.yaml': '',
      'server.js': "app.listen(process.env.PORT, '127.0.0.1')",
    },
    framework: 'Express',
    expected: { deploy: { start: 'npm run start' } },
  },
  {
    name: 'NestJS: built, then its file',
    files: {
      'package.json': manifest(['@nestjs/core'], { build: 'nest build', start: 'node dist/main' }),
      'src/main.ts': 'await app.listen(process.env.PORT ?? 3000, process.env.HOST)',
    },
    framework: 'NestJS',
    expected: { deploy: { build: 'npm run build', start: 'node dist/main' } },
  },
  {
    name: 'Prisma on SQLite: every command is told where the file is',
    files: {
      'package.json': manifest(['next', '@prisma/client'], { build: 'next build', start: 'next start' }, dev('prisma')),
      'package-lock.json': '{}',
      'prisma/schema.prisma': 'datasource db {\n  provider = "sqlite"\n  url      = env("DATABASE_URL")\n}',
      'prisma/migrations/20260101_init/migration.sql': '',
    },
    framework: 'Next.js',
    expected: {
      setup: { command: 'npm ci', inputs: ['prisma/schema.prisma'] },
      preview: {
        data: { kind: 'sqlite', file: 'app.db', seed: 'DATABASE_URL="file:$DATA_DIR/app.db" node_modules/.bin/prisma migrate deploy' },
      },
      deploy: {
        migrate: 'DATABASE_URL="file:$DATA_DIR/app.db" node_modules/.bin/prisma migrate deploy',
        start: 'DATABASE_URL="file:$DATA_DIR/app.db" node_modules/.bin/next start -H 127.0.0.1 -p $PORT',
      },
    },
  },
  {
    name: 'SvelteKit that is configured where Vite is',
    files: {
      'package.json': manifest([], { build: 'vite build' }, dev('@sveltejs/kit', '@sveltejs/adapter-node', 'vite')),
      'pnpm-lock.yaml': '',
      'vite.config.ts':
        "import adapter from '@sveltejs/adapter-node';\nexport default { build: { out: 'x' }, plugins: [sveltekit({ adapter: adapter({ out: 'made' }) })] };",
    },
    framework: 'SvelteKit',
    expected: {
      preview: { build: 'pnpm run build', command: 'node made' },
      deploy: { start: 'node made', env: { PROTOCOL_HEADER: 'x-forwarded-proto', HOST_HEADER: 'x-forwarded-host' } },
    },
  },
  {
    name: 'Drizzle: its folder is watched as migrations too',
    files: {
      'package.json': manifest(['hono', 'drizzle-orm', 'pg'], { start: 'node server.js' }, dev('drizzle-kit')),
      'drizzle.config.ts': "export default { out: './db/changes' }",
      'server.js': "serve({ fetch: app.fetch, port: process.env.PORT, hostname: '127.0.0.1' })",
    },
    framework: 'Hono',
    expected: {
      deploy: { migrate: 'node_modules/.bin/drizzle-kit migrate' },
      policy: { migrations: ['**/migrations/**', '**/migrate/**', 'db/changes/**'] },
    },
  },
  {
    name: 'a monorepo: the app among its workspaces, its programs found from there',
    files: {
      'package.json': {
        name: 'all',
        workspaces: ['apps/*', 'packages/*'],
        scripts: { build: 'turbo build', dev: 'turbo dev' },
        packageManager: 'yarn@4.5.0',
      },
      'yarn.lock': '__metadata:\n  version: 8',
      '.yarnrc.yml': 'nodeLinker: node-modules',
      'packages/ui/package.json': manifest(['react'], { build: 'tsc' }),
      'apps/docs/package.json': manifest(['vitepress'], { dev: 'vitepress dev', build: 'vitepress build' }),
      'apps/web/package.json': manifest(['next'], { dev: 'next dev', build: 'next build', start: 'next start', test: 'vitest run' }),
    },
    framework: 'Next.js',
    expected: {
      folder: 'apps/web',
      setup: { command: 'yarn install --immutable' },
      checks: [{ name: 'test', command: 'yarn run test' }],
      deploy: { build: 'yarn run build', start: 'npx next start -H 127.0.0.1 -p $PORT' },
    },
  },
  {
    name: 'a pnpm workspace: its file names the folders',
    files: {
      'package.json': { name: 'all', private: true, scripts: { dev: 'pnpm --filter site dev' } },
      'pnpm-workspace.yaml': "packages:\n  # ours\n  - 'sites/**'\n  - tools\n",
      'pnpm-lock.yaml': '',
      'sites/public/site/package.json': manifest(['astro'], { dev: 'astro dev', build: 'astro build' }),
    },
    framework: 'Astro',
    expected: { folder: 'sites/public/site', deploy: { build: 'pnpm run build', static: 'dist' } },
  },
  {
    name: 'Django with gunicorn: its own server for previews, gunicorn for production',
    files: {
      'manage.py': "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')",
      'requirements.txt': 'Django==5.1\ngunicorn==23.0\nruff',
    },
    framework: 'Django',
    expected: {
      setup: {
        command: 'python3 -m venv .venv && .venv/bin/pip install --no-input -r requirements.txt',
        keep: ['.venv'],
        inputs: ['requirements*.txt'],
      },
      checks: [
        { name: 'lint', command: '.venv/bin/ruff check .' },
        { name: 'test', command: '.venv/bin/python manage.py test' },
      ],
      preview: { command: '.venv/bin/python manage.py runserver --noreload 127.0.0.1:$PORT' },
      deploy: { migrate: '.venv/bin/python manage.py migrate --noinput', start: '.venv/bin/gunicorn shop.wsgi --bind 127.0.0.1:$PORT' },
    },
  },
  {
    name: 'FastAPI with uv: module and variable are read from the source',
    files: {
      'pyproject.toml': '[project]\ndependencies = ["fastapi", "uvicorn"]',
      'uv.lock': '',
      'service/main.py': 'api = FastAPI()\n@api.get("/x")',
    },
    framework: 'FastAPI',
    expected: {
      setup: { command: 'uv sync --frozen' },
      deploy: { start: 'uv run --no-sync uvicorn service.main:api --host 127.0.0.1 --port $PORT' },
    },
  },
  {
    name: 'Rails: a preview is sure, production is for a person to say',
    files: {
      'bin/rails': '',
      'config.ru': '',
      'Gemfile.lock': '',
      'config/routes.rb': 'get "up" => "rails/health#show", as: :rails_health_check',
    },
    framework: 'Ruby on Rails',
    expected: {
      preview: { command: 'bin/rails server -e development -b 127.0.0.1 -p $PORT -P /tmp/rails-$PORT.pid', health: { path: '/up' } },
      deploy: { start: says('deploy.start') },
    },
  },
  {
    name: 'pages in a folder, and nothing that builds them',
    files: { 'README.md': '', 'site/index.html': '<h1>hello</h1>', 'site/style.css': '' },
    framework: 'Static files',
    expected: { preview: { static: 'site' }, deploy: { static: 'site' } },
  },
  {
    name: 'a Go program is recognised and no more',
    files: { 'go.mod': 'module shop', 'main.go': 'http.ListenAndServe(":8080", nil)' },
    framework: 'Go',
    expected: { preview: { command: says('preview.command') }, deploy: { start: says('deploy.start') } },
  },
  {
    name: 'nothing that serves pages',
    files: { 'README.md': '' },
    framework: 'unknown',
    expected: { preview: { command: says('preview.command') }, deploy: { start: says('deploy.start') } },
  },
];
