import { type Contents, within } from './contents.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { findManager, type Manager } from './package-managers.ts';

/** The app as a detector sees it: its own folder as the root, and how its programs are called. */
export interface AppView extends Contents {
  manifest: Manifest | undefined;
  manager: Manager;
  /** Whether it has the package, for running or for building. */
  uses(dependency: string): boolean;
  has(path: string): boolean;
  /** The first of these files that is there. */
  first(...paths: readonly string[]): string | undefined;
  script(name: string): string | undefined;
  /** Runs a script of package.json, for example `npm run build`. */
  run(script: string): string;
  /** Runs node so that the app finds its packages, for example `node` or `node -r ./.pnp.cjs`. */
  node: string;
  /** Runs a program of an installed package, for example `node_modules/.bin/vite build`. */
  bin(program: string, ...args: readonly string[]): string;
}

/** Looks at the app in `folder` of the repository. Lockfile and package manager are those of the nearest folder that has them. */
export function viewApp(contents: Contents, folder: string): AppView {
  const own = within(contents, folder);
  const manifest = readManifest(own.read('package.json'));
  const { manager, isAtLockfile } = managerOf(contents, folder, manifest);
  return {
    files: own.files,
    read: own.read,
    manifest,
    manager,
    uses: (dependency) => dependency in { ...manifest?.dependencies, ...manifest?.devDependencies },
    has: (path) => own.files.includes(path),
    first: (...paths) => paths.find((path) => own.files.includes(path)),
    script: (name) => manifest?.scripts[name],
    run: (script) => (script === 'test' && manager.name === 'npm' ? 'npm test' : `${manager.run} ${script}`),
    node: manager.withoutNodeModules ? nodeWithoutNodeModules(isAtLockfile ? '.' : folder, manifest) : 'node',
    bin: (program, ...args) => {
      // Not through npx: npm would leave its logs in the home of production.
      const isOwn = !manager.withoutNodeModules && (isAtLockfile || !manager.hoists);
      const called = isOwn ? `node_modules/.bin/${program}` : `${isAnyones(manager) ? 'npx' : manager.exec} ${program}`;
      return [called, ...args].join(' ');
    },
  };
}

/** Yarn's map of packages lies at the root of the repository's workspaces. */
function nodeWithoutNodeModules(folder: string, manifest: Manifest | undefined): string {
  const root = folder === '.' ? './' : '../'.repeat(folder.split('/').length);
  const loader = manifest?.type === 'module' ? ` --loader ${root}.pnp.loader.mjs` : '';
  return `node -r ${root}.pnp.cjs${loader}`;
}

/** Whether what it installs is in `node_modules`, where npm finds it too: npm is wherever node is, Yarn is not there in production. */
export function isAnyones({ name, withoutNodeModules }: Manager): boolean {
  return !withoutNodeModules && name !== 'bun';
}

function managerOf(contents: Contents, folder: string, manifest: Manifest | undefined): { manager: Manager; isAtLockfile: boolean } {
  const own = findManager(within(contents, folder), manifest);
  if (own.lockfile !== undefined || folder === '.') return { manager: own, isAtLockfile: true };
  const root = findManager(contents, readManifest(contents.read('package.json')));
  const hasRoot = root.lockfile !== undefined || root.from === 'package.json packageManager';
  return { manager: hasRoot ? root : own, isAtLockfile: !hasRoot };
}
