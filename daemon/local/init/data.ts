import type { AppView } from './app-view.ts';
import { findInSources, sourcesOf } from './contents.ts';
import { scriptCommand } from './script-command.ts';

/** What the app keeps, and how the database is brought to its present shape. */
export interface FoundData {
  /** A SQLite file in $DATA_DIR. */
  sqlite?: { file: string; from: string };
  /** Goes before every command that touches the database: where it is. */
  before: string;
  migrate?: { command: string; from: string };
  seed?: { command: string; from: string };
  /** Globs of migrations that the default does not cover. */
  folders: readonly string[];
  notes: readonly string[];
}

interface Tool {
  name: string;
  dependency: string;
  /** Only with one of these files. */
  needs: RegExp;
  command: readonly [string, ...string[]];
  /** Where it keeps its migrations, when the default globs do not cover it. */
  folder?: string;
  setting?: { config: RegExp; pattern: RegExp };
}

// biome-ignore format: a table is read by column
const TOOLS: readonly Tool[] = [
  { name: 'Prisma',          dependency: 'prisma',          needs: /(?:^|\/)prisma\/migrations\//,              command: ['prisma', 'migrate', 'deploy'] },
  { name: 'Drizzle',         dependency: 'drizzle-kit',     needs: /^drizzle\.config\.[cm]?[jt]s$/,             command: ['drizzle-kit', 'migrate'], folder: 'drizzle', setting: { config: /^drizzle\.config\./, pattern: /\bout\s*:\s*['"](?:\.\/)?([\w./-]+?)\/?['"]/ } },
  { name: 'Knex',            dependency: 'knex',            needs: /^knexfile\.[cm]?[jt]s$/,                    command: ['knex', 'migrate:latest'] },
  { name: 'node-pg-migrate', dependency: 'node-pg-migrate', needs: /^migrations\//,                             command: ['node-pg-migrate', 'up'] },
  { name: 'Sequelize',       dependency: 'sequelize-cli',   needs: /(?:^|\/)migrations\//,                      command: ['sequelize-cli', 'db:migrate'] },
  { name: 'MikroORM',        dependency: '@mikro-orm/cli',  needs: /mikro-orm\.config\./,                       command: ['mikro-orm', 'migration:up'] },
];

const MIGRATE_SCRIPTS = [
  'migrate:deploy',
  'db:migrate:deploy',
  'db:deploy',
  'migrate:prod',
  'migrate:up',
  'migrate:latest',
  'db:migrate',
  'migrate',
  'migration:run',
  'migrations:run',
];
const SEED_SCRIPTS = ['db:seed', 'seed', 'seed:dev'];
/** Makes, undoes or empties: not what a release may run. */
const NOT_FORWARD = /migrate\s+dev\b|\bdb\s+push\b|\breset\b|\brollback\b|\bdown\b|\bmake\b|\bcreate\b|\bgenerate\b|--watch\b/;
const SQLITE = ['better-sqlite3', 'sqlite3', 'sqlite', 'node-sqlite3-wasm', '@libsql/client', 'libsql', 'sql.js'];
const SERVERS = ['pg', 'postgres', 'mysql', 'mysql2', 'mongodb', 'mongoose', 'mssql', 'ioredis', 'redis'];
const FILE = /['"`/]([\w-]+\.(?:db3?|sqlite3?))['"`]/;
const PLACE =
  /\benv\s*(?:\.\s*|\[\s*['"])(DATABASE_PATH|DATABASE_FILE|DB_PATH|DB_FILE|SQLITE_PATH|SQLITE_FILE|SQLITE_DB|DATABASE_URL|DB_URL)\b/;

/** Looks for a database, its migrations and its seed. */
export function findData(app: AppView): FoundData {
  const place = findPlace(app);
  const tool = TOOLS.find(({ dependency, needs }) => app.uses(dependency) && app.files.some((path) => needs.test(path)));
  const notes = [...place.notes];
  const script = MIGRATE_SCRIPTS.find((name) => app.script(name) !== undefined && !NOT_FORWARD.test(app.script(name)!));
  const migrate =
    script !== undefined
      ? { command: scriptCommand(app, script), from: `package.json scripts.${script}` }
      : tool === undefined
        ? undefined
        : { command: app.bin(...tool.command), from: `${tool.name}: ${app.files.find((path) => tool.needs.test(path))}` };
  if (migrate === undefined) {
    const folder = app.files.find((path) => /(?:^|\/)(?:migrations?|drizzle)\/[^/]*\d[^/]*\.sql$/.test(path));
    if (folder !== undefined) notes.push(`${folder} looks like a migration, and no script applies it: deploy.migrate would be the place.`);
  }
  const seed = SEED_SCRIPTS.find((name) => app.script(name) !== undefined);
  return {
    ...(place.sqlite === undefined ? {} : { sqlite: place.sqlite }),
    before: place.before,
    ...(migrate === undefined ? {} : { migrate }),
    ...(seed === undefined ? {} : { seed: { command: scriptCommand(app, seed), from: `package.json scripts.${seed}` } }),
    folders: tool?.folder === undefined ? [] : [`${settingOf(app, tool) ?? tool.folder}/**`],
    notes,
  };
}

type Place = Pick<FoundData, 'sqlite' | 'before' | 'notes'>;

/** Where the database is, and whether it is in $DATA_DIR. */
function findPlace(app: AppView): Place {
  const prisma = app.files.find((path) => /(?:^|\/)schema\.prisma$/.test(path));
  const source = prisma === undefined ? undefined : /datasource\s+\w+\s*\{([\s\S]*?)\}/.exec(app.read(prisma) ?? '')?.[1];
  if (source !== undefined && prisma !== undefined) return ofPrisma(source, prisma);
  const server = SERVERS.find((name) => app.uses(name));
  const usesSqlite =
    SQLITE.some((name) => app.uses(name)) ||
    findInSources(app, /['"](?:node:sqlite|bun:sqlite|django\.db\.backends\.sqlite3)['"]/) !== undefined;
  const inDataDir = sourcesOf(app).find((path) => /\bDATA_DIR\b/.test(app.read(path) ?? ''));
  if (inDataDir !== undefined) {
    const file = FILE.exec(app.read(inDataDir)!)?.[1] ?? findInSources(app, FILE)?.match[1];
    if (file !== undefined) return { sqlite: { file, from: `${inDataDir} takes its folder from DATA_DIR` }, before: '', notes: [] };
  }
  if (!usesSqlite) return { before: '', notes: server === undefined ? [] : [needsServer(server)] };

  const variable = findInSources(app, PLACE);
  if (variable !== undefined && server === undefined) {
    const name = variable.match[1]!;
    const isUrl = name.endsWith('_URL') && (app.uses('@libsql/client') || app.uses('libsql'));
    return {
      sqlite: { file: 'app.db', from: `${variable.path} takes its place from ${name}` },
      before: `${name}="${isUrl ? 'file:' : ''}$DATA_DIR/app.db"`,
      notes: [],
    };
  }
  const fixed = findInSources(app, FILE);
  return {
    before: '',
    notes: [
      fixed === undefined
        ? 'The app uses SQLite; where it keeps the file was not found. It must be in $DATA_DIR, or every release begins without data.'
        : `${fixed.path} keeps ${fixed.match[1]} in the app's own folder, which is new with every release: take the folder from the variable DATA_DIR, then fill in preview.data.`,
    ],
  };
}

function ofPrisma(source: string, path: string): Place {
  const provider = /provider\s*=\s*"(\w+)"/.exec(source)?.[1] ?? '';
  const variable = /url\s*=\s*env\("(\w+)"\)/.exec(source)?.[1];
  if (provider !== 'sqlite') return { before: '', notes: provider === '' ? [] : [needsServer(provider)] };
  if (variable === undefined)
    return { before: '', notes: [`${path} names the database file itself: take it from env("DATABASE_URL"), then fill in preview.data.`] };
  return {
    sqlite: { file: 'app.db', from: `${path}, which takes its place from ${variable}` },
    before: `${variable}="file:$DATA_DIR/app.db"`,
    notes: [],
  };
}

const needsServer = (name: string) =>
  `The app uses ${name}: previews have no database server of their own yet. Production's address belongs into <state>/production/env.`;

function settingOf(app: AppView, { setting }: Tool): string | undefined {
  const path = setting === undefined ? undefined : app.files.find((each) => setting.config.test(each));
  return path === undefined ? undefined : setting?.pattern.exec(app.read(path) ?? '')?.[1];
}
