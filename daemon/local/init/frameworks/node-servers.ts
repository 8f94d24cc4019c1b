import type { AppView } from '../app-view.ts';
import { findInSources, sourcesOf } from '../contents.ts';
import { scriptCommand } from '../script-command.ts';
import { type Detector, type Serving, type Start, seenIn } from '../serving.ts';

/** Packages by which a server of the app's own is known. Whoever has one starts it with a script of its own. */
// biome-ignore format: a table is read by column
const SERVERS = [
  { name: 'NestJS',   dependency: '@nestjs/core' },
  { name: 'AdonisJS', dependency: '@adonisjs/core' },
  { name: 'Express',  dependency: 'express' },
  { name: 'Fastify',  dependency: 'fastify' },
  { name: 'Hono',     dependency: 'hono' },
  { name: 'Koa',      dependency: 'koa' },
  { name: 'hapi',     dependency: '@hapi/hapi' },
  { name: 'Elysia',   dependency: 'elysia' },
] as const;

const ENTRIES = ['server', 'app', 'index', 'main', 'src/server', 'src/index', 'src/app', 'src/main', 'server/index', 'bin/www'];
const LISTENS = /\.listen\(|\bcreateServer\(|\bserve\(|\bBun\.serve\(/;
const READS_PORT =
  /\benv\s*(?:\.\s*PORT\b|\[\s*['"]PORT['"]\s*\]|\.get\(\s*['"]PORT['"]\s*\))|\bPORT\b[^;{}]{0,80}\}\s*=\s*(?:process|Bun)\.env\b|\.get(?:OrThrow)?(?:<\w+>)?\(\s*['"]PORT['"]|\bPORT\s*:\s*(?:z\.|Joi\.|Type\.|v\.|num\(|port\(|str\()/;
/** Programs that start the app and read PORT themselves; they listen on loopback unless told otherwise. */
const STARTERS = /^(?:fastify\s+start)\b/;
/** A script that serves while somebody works on the code. */
const WATCHES = /\b(?:nodemon|ts-node-dev|tsnd)\b|--watch\b|\btsx\s+watch\b|\bnest\s+start\s+--watch\b/;
const FIXED_PORT = /(?:^|\s)PORT=\d+|(?:^|\s)(?:-p|--port)[\s=]\d+/;
const BUILDS =
  /^(?:next|vite|astro|nuxt|nuxi|remix|react-scripts|gatsby|eleventy|ng|vue-cli-service|docusaurus|vitepress|svelte-kit|webpack|parcel|storybook)\b/;

/** Whether a server of its own is what the app starts, and not a front end that only has one among its packages. */
export function usesServer(app: AppView): boolean {
  const start = app.script('start');
  return rowOf(app) !== undefined && start !== undefined && !BUILDS.test(start);
}

/** Express and the others, and a server on node:http alone. */
export const nodeServer: Detector = (app) => {
  const row = rowOf(app);
  const entry = entryOf(app);
  const start = app.script('start');
  if (row === undefined && entry === undefined && (start === undefined || BUILDS.test(start))) return undefined;
  if (app.manifest === undefined && entry === undefined) return undefined;
  const build = app.script('build');
  return {
    name: row?.name ?? 'Node server',
    from: row === undefined ? (entry === undefined ? 'package.json scripts.start' : `${entry} listens`) : seenIn(app, row.dependency),
    ...(build === undefined ? {} : { build: { command: app.run('build'), from: 'package.json scripts.build' } }),
    ...howToStart(app, entry),
  } satisfies Serving;
};

function rowOf(app: AppView): (typeof SERVERS)[number] | undefined {
  const runtime = app.manifest?.dependencies ?? {};
  return SERVERS.find(({ dependency }) => dependency in runtime);
}

function entryOf(app: AppView): string | undefined {
  const main = app.manifest?.main?.replace(/^\.\//, '');
  const places = ENTRIES.flatMap((name) => ['js', 'mjs', 'cjs', 'ts', 'mts'].map((ending) => `${name}.${ending}`));
  const listens = (path: string) => app.has(path) && LISTENS.test(app.read(path) ?? '');
  return [...(main === undefined ? [] : [main]), ...places, 'bin/www'].find(listens);
}

function howToStart(app: AppView, entry: string | undefined): Pick<Serving, 'start' | 'startSaid' | 'notes'> {
  const script = app.script('start');
  const fromEntry = entry === undefined || /\.[cm]?ts$/.test(entry) ? undefined : `${app.node} ${entry}`;
  const command = script === undefined ? fromEntry : scriptCommand(app, 'start');
  const alternatives = [...new Set([command, fromEntry].filter((each) => each !== undefined))];
  const unknown = (why: string): { start: Start; startSaid: string } => ({ start: { unknown: why, alternatives }, startSaid: '' });
  if (command === undefined) return unknown('package.json has no scripts.start');
  if (script !== undefined && WATCHES.test(script))
    return unknown('scripts.start watches the files: right while developing, wrong for production');
  if (script !== undefined && FIXED_PORT.test(script)) return unknown('scripts.start names a port; it has to use $PORT');
  const starter = STARTERS.exec(script?.trim() ?? '')?.[0];
  if (starter !== undefined) return { start: { command }, startSaid: `from package.json scripts.start; ${starter} reads PORT`, notes: [] };
  const port = findInSources(app, READS_PORT);
  const says = script !== undefined && /\$\{?PORT\b/.test(script);
  if (port === undefined && !says) return unknown('no source reads process.env.PORT, and every preview and release has a port of its own');
  return {
    start: { command },
    startSaid: `from ${script === undefined ? entry : 'package.json scripts.start'}; ${says ? 'it passes $PORT on' : `${port?.path} reads PORT`}`,
    notes: isLoopbackNamed(app)
      ? []
      : ['No source names the host to listen on, so production may be reachable from other machines: pass process.env.HOST to listen().'],
  };
}

function isLoopbackNamed(app: AppView): boolean {
  return sourcesOf(app).some((path) => /\bHOST\b|127\.0\.0\.1|['"]localhost['"]/.test(app.read(path) ?? ''));
}
