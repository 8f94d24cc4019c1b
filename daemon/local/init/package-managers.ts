import type { Contents } from './contents.ts';
import type { Manifest } from './manifest.ts';

/** How a package manager is told from another, and what it says for each thing we need. */
interface ManagerRow {
  name: 'npm' | 'pnpm' | 'yarn' | 'yarn-classic' | 'bun';
  lockfiles: readonly string[];
  install: string;
  /** Without a lockfile. */
  installAnyway: string;
  run: string;
  exec: string;
  /** Whether it puts the programs of a workspace's packages into the root's node_modules. */
  hoists: boolean;
}

// biome-ignore format: a table is read by column
const MANAGERS = [
  { name: 'pnpm',         lockfiles: ['pnpm-lock.yaml'],                         install: 'pnpm install --frozen-lockfile', installAnyway: 'pnpm install',                     run: 'pnpm run', exec: 'pnpm exec', hoists: false },
  { name: 'yarn',         lockfiles: ['yarn.lock'],                              install: 'yarn install --immutable',       installAnyway: 'yarn install',                     run: 'yarn run', exec: 'yarn run',  hoists: true },
  { name: 'yarn-classic', lockfiles: ['yarn.lock'],                              install: 'yarn install --frozen-lockfile', installAnyway: 'yarn install --no-lockfile',       run: 'yarn run', exec: 'yarn run',  hoists: true },
  { name: 'bun',          lockfiles: ['bun.lock', 'bun.lockb'],                  install: 'bun install --frozen-lockfile',  installAnyway: 'bun install',                      run: 'bun run',  exec: 'bunx',      hoists: true },
  { name: 'npm',          lockfiles: ['package-lock.json', 'npm-shrinkwrap.json'], install: 'npm ci',                       installAnyway: 'npm install --no-package-lock',    run: 'npm run',  exec: 'npx',       hoists: true },
] as const satisfies readonly ManagerRow[];

export interface Manager extends Omit<ManagerRow, 'lockfiles'> {
  /** Where it was seen. */
  from: string;
  lockfile?: string;
  /** Yarn keeps packages in archives: there is no node_modules. */
  withoutNodeModules: boolean;
  /** Lockfiles of other managers that lie beside it. */
  others: readonly string[];
}

/** The package manager of a repository with a package.json. The `packageManager` field wins over lockfiles, they over the default. */
export function findManager(contents: Contents, manifest: Manifest | undefined): Manager {
  const has = (path: string) => contents.files.includes(path);
  const isClassic = !has('.yarnrc.yml') && !/^__metadata:/m.test(contents.read('yarn.lock') ?? '');
  const field = /^(npm|pnpm|yarn|bun)@(\d+)/.exec(manifest?.packageManager ?? '');
  const named = field === null ? undefined : field[1] === 'yarn' && field[2] === '1' ? 'yarn-classic' : field[1];
  const fits = (row: ManagerRow) => (row.name === 'yarn' ? !isClassic : row.name === 'yarn-classic' ? isClassic : true);
  const lockfileOf = (row: ManagerRow) => row.lockfiles.find(has);
  const locked = MANAGERS.filter((row) => fits(row) && lockfileOf(row) !== undefined);
  const row: ManagerRow = MANAGERS.find(({ name }) => name === named) ?? locked[0] ?? MANAGERS.find(({ name }) => name === 'npm')!;
  const lockfile = lockfileOf(row);
  const { lockfiles: _lockfiles, ...words } = row;
  return {
    ...words,
    from: named === undefined ? (lockfile ?? 'package.json, without a lockfile') : 'package.json packageManager',
    ...(lockfile === undefined ? {} : { lockfile }),
    withoutNodeModules: row.name === 'yarn' && !/^nodeLinker:\s*["']?(?:node-modules|pnpm)/m.test(contents.read('.yarnrc.yml') ?? ''),
    others: locked.filter((other) => other.name !== row.name).map((other) => lockfileOf(other)!),
  };
}
