import { createHash } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { globMatches } from '../../core/glob.ts';
import type { SetupSpec } from '../../ports.ts';

/** Changes whenever what is kept is laid out or made in another way. */
const VERSION = 1;

const LOCKFILES = new Set([
  ...['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb', 'deno.lock'],
  ...['composer.lock', 'Gemfile.lock', 'poetry.lock', 'uv.lock', 'Pipfile.lock', 'requirements.txt', 'Cargo.lock', 'go.sum'],
]);
/** Files that steer package managers. */
const MANIFESTS = new Set([
  ...['pnpm-workspace.yaml', '.pnpmfile.cjs', '.npmrc', '.yarnrc', '.yarnrc.yml', 'bunfig.toml', 'deno.json', 'deno.jsonc'],
  ...['composer.json', 'Gemfile', 'pyproject.toml', 'Pipfile', 'go.mod', 'Cargo.toml', 'binding.gyp', '.ruby-version', '.python-version'],
]);
const FOLDERS = ['patches', '.yarn/patches', '.yarn/plugins', '.yarn/releases'];

/** What of a package.json decides about what is installed; a new test script is not a reason to install again. */
const FIELDS = [
  ...['name', 'version', 'dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta'],
  ...['dependenciesMeta', 'bundleDependencies', 'bundledDependencies', 'overrides', 'resolutions', 'pnpm', 'workspaces', 'packageManager'],
  ...['engines', 'os', 'cpu', 'bin', 'installConfig', 'trustedDependencies', 'allowScripts', 'prisma', 'patchedDependencies', 'gypfile'],
];
const LIFECYCLE = /^(pre|post)?(install|prepare|prepublish|dependencies)$/;

/** The folder where setup runs: as it was said, or the nearest one with a lockfile from the app's folder upwards. */
export function setupFolder(files: ReadonlySet<string>, setup: Pick<SetupSpec, 'folder' | 'appFolder'>): string {
  if (setup.folder !== undefined) return plain(setup.folder);
  const app = plain(setup.appFolder);
  for (let folder = app; ; folder = posix.dirname(folder)) {
    for (const name of LOCKFILES) if (files.has(posix.join(folder, name))) return folder;
    if (folder === '.') return app;
  }
}

/** A relative path without detours; `.` is the root. */
export function plain(path: string): string {
  return posix.normalize(path).replace(/\/$/, '') || '.';
}

/** Names what setup makes of a clean checkout: the same inputs, the same name. */
export async function keyOf(
  worktree: string,
  files: ReadonlySet<string>,
  folder: string,
  setup: SetupSpec,
  system: object,
): Promise<string> {
  const hash = createHash('sha256');
  const { command, env, network, keep, inputs } = setup;
  hash.update(JSON.stringify([VERSION, system, command, Object.entries(env).sort(), folder, network, keep, inputs]));
  for (const path of [...files].sort()) {
    if (isInput(path, folder) || inputs.some((glob) => globMatches(glob, path)))
      hash.update(`\0${path}\0`).update(await contentOf(worktree, path));
  }
  return hash.digest('hex').slice(0, 40);
}

function isInput(path: string, folder: string): boolean {
  if (path.split('/').includes('node_modules')) return false;
  const name = posix.basename(path);
  // Above the folder where it runs only what package managers look for up there counts.
  const isInside = folder === '.' || path.startsWith(`${folder}/`);
  if (!isInside) return MANIFESTS.has(name) && folder.startsWith(posix.dirname(path) === '.' ? '' : `${posix.dirname(path)}/`);
  const within = posix.relative(folder, path);
  return name === 'package.json' || LOCKFILES.has(name) || MANIFESTS.has(name) || FOLDERS.some((each) => within.startsWith(`${each}/`));
}

/** What counts of a file: its bytes, of a link where it leads, of a package.json what decides about what is installed. */
async function contentOf(worktree: string, path: string): Promise<string | Buffer> {
  const place = join(worktree, path);
  const stat = lstatSync(place);
  if (stat.isSymbolicLink()) return `-> ${await readlink(place)}`;
  if (!stat.isFile()) return 'no file';
  const bytes = await readFile(place, { flag: constants.O_RDONLY | constants.O_NOFOLLOW });
  const isExecutable = (stat.mode & 0o100) === 0 ? '' : 'x';
  const digest = isExecutable + createHash('sha256').update(bytes).digest('hex');
  return posix.basename(path) === 'package.json' ? (decidingParts(bytes.toString('utf8')) ?? digest) : digest;
}

function decidingParts(text: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== 'object' || manifest === null) return undefined;
    const fields = manifest as Record<string, unknown>;
    const scripts = Object.entries((fields['scripts'] ?? {}) as Record<string, unknown>).filter(([name]) => LIFECYCLE.test(name));
    return JSON.stringify([...FIELDS.map((name) => fields[name] ?? null), scripts]);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
