import type { AppView } from './app-view.ts';
import { sourcesOf } from './contents.ts';
import type { Manager } from './package-managers.ts';
import type { Serving } from './serving.ts';

/** How the dependencies get there. */
export interface FoundSetup {
  command: string;
  from: string;
  env: Readonly<Record<string, string>>;
  keep: readonly string[];
  inputs: readonly string[];
  notes: readonly string[];
}

/** Packages that download something of their own when they are installed, and the variable that keeps them from it. */
// biome-ignore format: a table is read by column
const DOWNLOADS = [
  { dependency: 'puppeteer',        variable: 'PUPPETEER_SKIP_DOWNLOAD',          value: '1' },
  { dependency: 'playwright',       variable: 'PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD', value: '1' },
  { dependency: '@playwright/test', variable: 'PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD', value: '1' },
  { dependency: 'cypress',          variable: 'CYPRESS_INSTALL_BINARY',           value: '0' },
] as const;

/** The install command by lockfile; undefined when the app has nothing to install. */
export function findSetup(app: AppView, serving: Serving): FoundSetup | undefined {
  if (serving.setup !== undefined) {
    const { command, from, keep = [], inputs = [], note } = serving.setup;
    return { command, from, env: {}, keep, inputs, notes: note === undefined ? [] : [note] };
  }
  const { manifest, manager } = app;
  if (manifest === undefined) return undefined;
  const count = Object.keys(manifest.dependencies).length + Object.keys(manifest.devDependencies).length;
  if (count === 0 && manifest.workspaces.length === 0 && manager.lockfile === undefined) return undefined;
  const schema = app.files.find((path) => /(?:^|\/)schema\.prisma$/.test(path));
  const usesPrisma = app.uses('prisma') || app.uses('@prisma/client');
  const notes = [
    ...(manager.lockfile === undefined
      ? ['There is no lockfile, so each install may bring other versions: commit one, then use its frozen install here.']
      : []),
    ...(manager.others.length === 0 ? [] : [`There is also ${manager.others.join(', ')}; only one can be right.`]),
    ...hostNotes(manager),
    ...(usesPrisma
      ? ['Prisma downloads its engine when it is installed: allow binaries.prisma.sh in sandbox.registryHosts of host.jsonc.']
      : []),
  ];
  return {
    command: manager.lockfile === undefined ? manager.installAnyway : manager.install,
    from: manager.from,
    env: Object.fromEntries(DOWNLOADS.filter(({ dependency }) => app.uses(dependency)).map(({ variable, value }) => [variable, value])),
    keep: [],
    inputs: usesPrisma && schema !== undefined ? [schema] : [],
    notes,
  };
}

function hostNotes({ name }: Manager): readonly string[] {
  if (name === 'npm') return [];
  if (name === 'bun') return ['bun itself must be installed on the host of the daemon.'];
  return [`${name.replace('-classic', '')} is the one of the daemon's host, else Corepack's (part of Node up to 24).`];
}

/** Variables that an example file or the sources name: what a person may have to give. */
export function findVariables(app: AppView): { names: readonly string[]; from: string } | undefined {
  const example = app.first('.env.example', '.env.sample', '.env.template', '.env.dist', 'env.example');
  if (example !== undefined) {
    const names = [...(app.read(example) ?? '').matchAll(/^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=/gm)].map((match) => match[1]!);
    return { names: rest(names), from: example };
  }
  const secret = /\benv\s*(?:\.\s*|\[\s*['"])([A-Z][A-Z0-9_]*(?:_KEY|_SECRET|_TOKEN|_PASSWORD|_URL|_DSN))\b/g;
  const names = sourcesOf(app).flatMap((path) => [...(app.read(path) ?? '').matchAll(secret)].map((match) => match[1]!));
  return names.length === 0 ? undefined : { names: rest(names), from: 'its sources' };
}

const GIVEN = new Set(['PORT', 'HOST', 'DATA_DIR', 'NODE_ENV']);

function rest(names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => !GIVEN.has(name)).slice(0, 12);
}
