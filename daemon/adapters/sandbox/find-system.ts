import { accessSync, chmodSync, constants, lstatSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SandboxMount } from '../../ports.ts';
import { LAUNCHER, PROGRAMS, STATIC_SERVER } from './bridge-config.ts';
import type { SandboxSystem } from './profile.ts';

/** What the daemon knows about its own installation. */
export interface Installation {
  /** Private folder of the daemon where the generated `/etc` files are kept. */
  folder: string;
  /** The running node. */
  nodePath: string;
  launcherPath: string;
  /** Used when the system has no bwrap of its own. */
  bundledBwrap?: string;
  /** More read-only folders or files, visible at their own paths: other toolchains, the Codex binary. */
  toolchain: readonly string[];
  /** User ids that programs inside may have. */
  uids: readonly number[];
}

const TOOL_FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin'];
const ETC = ['ssl', 'ca-certificates', 'pki', 'alternatives', 'ld.so.cache', 'localtime', 'mime.types', 'fonts'];

/** Collects what every sandbox sees of this machine, or says what is missing. */
export function findSystem(installation: Installation, needsSetpriv: boolean): SandboxSystem | { missing: string; remedy: string } {
  const bwrap = findTool('bwrap') ?? installation.bundledBwrap;
  if (bwrap === undefined) return { missing: 'bwrap', remedy: 'apt-get install bubblewrap' };
  const [prlimit, nice, setpriv] = ['prlimit', 'nice', 'setpriv'].map(findTool);
  if (prlimit === undefined || (needsSetpriv && setpriv === undefined))
    return { missing: 'prlimit or setpriv', remedy: 'apt-get install util-linux' };
  if (nice === undefined) return { missing: 'nice', remedy: 'apt-get install coreutils' };

  const { folders, links } = systemFolders();
  const node = realpathSync(installation.nodePath);
  const ofCorepack = hasCorepack(node) ? managersOfCorepack(installation.folder) : [];
  return {
    tools: { bwrap, prlimit, nice, setpriv: setpriv ?? '' },
    folders,
    links,
    mounts: [
      ...generatedFiles(installation),
      ...ETC.map((name) => `/etc/${name}`)
        .filter(exists)
        .map(sameInside),
      ...[...toolchainOf(node), ...installation.toolchain].filter((path) => !path.startsWith('/usr/')).map(sameInside),
      { host: installation.launcherPath, inside: LAUNCHER, mode: 'ro' },
      { host: staticServerBeside(installation.launcherPath), inside: STATIC_SERVER, mode: 'ro' },
      ...ofCorepack,
    ],
    absent: ofCorepack.length === 0 ? [] : absentManagers(installation.folder),
    path: [...new Set([dirname(node), '/usr/local/bin', '/usr/bin', '/bin', ...(ofCorepack.length === 0 ? [] : [PROGRAMS])])].join(':'),
    node,
  };
}

/** Where the server of plain files is: beside the launcher, in the sources and when built. */
export function staticServerBeside(launcherPath: string): string {
  return join(dirname(launcherPath), 'static-server.mjs');
}

/** node with its npm and the headers for native modules. Not the folder they share: that may be somebody's home. */
function toolchainOf(node: string): readonly string[] {
  const prefix = dirname(dirname(node));
  if (basename(dirname(node)) !== 'bin') return [node];
  return [dirname(node), join(prefix, 'lib/node_modules'), join(prefix, 'include/node')].filter(exists);
}

function systemFolders(): Pick<SandboxSystem, 'folders' | 'links'> {
  const names = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].filter(exists);
  const links = names.filter((path) => lstatSync(path).isSymbolicLink()).map((path) => ({ path, target: readlinkSync(path) }));
  return { folders: ['/usr', ...names.filter((path) => lstatSync(path).isDirectory())], links };
}

/** Programs want to know their own user's name and that localhost is 127.0.0.1; who else lives on the host is not theirs to know. */
function generatedFiles({ folder, uids }: Installation): readonly SandboxMount[] {
  const files = {
    passwd: uids.map((uid) => `agent${uid}:x:${uid}:${uid}::/home/agent:/bin/sh\n`).join(''),
    group: uids.map((uid) => `agent${uid}:x:${uid}:\n`).join(''),
    hosts: '127.0.0.1 localhost sandbox\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  };
  return Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o644); // the daemon's umask would keep it from the confined user
    return { host: join(folder, name), inside: `/etc/${name}`, mode: 'ro' };
  });
}

function hasCorepack(node: string): boolean {
  return exists(join(dirname(node), 'corepack')) || findTool('corepack') !== undefined;
}

/**
 * Where the host has no pnpm or Yarn of its own they are Corepack's: the one that the app names in `packageManager`, else the one that this
 * Corepack knows, since the newest may not run on this node.
 */
function managersOfCorepack(folder: string): readonly SandboxMount[] {
  const settings = ['COREPACK_DEFAULT_TO_LATEST', 'COREPACK_ENABLE_AUTO_PIN', 'COREPACK_ENABLE_DOWNLOAD_PROMPT'];
  return managers(folder, 'run', (name) => `export ${settings.map((each) => `${each}=0`).join(' ')}\nexec corepack ${name} "$@"`);
}

/**
 * What stands in their place in production: Corepack would fetch them while the app starts, from a registry that may be away, and keep
 * them among the app's data.
 */
function absentManagers(folder: string): readonly SandboxMount[] {
  const remedy =
    'Start the app with node or with a program of node_modules/.bin; where there is no node_modules (Yarn Plug and Play), ' +
    'with node -r ./.pnp.cjs FILE, or set nodeLinker: node-modules in .yarnrc.yml.';
  return managers(folder, 'no', (name) => `echo "${name} is not there in production. ${remedy}" >&2\nexit 127`);
}

function managers(folder: string, kind: 'run' | 'no', script: (name: string) => string): readonly SandboxMount[] {
  return ['pnpm', 'pnpx', 'yarn', 'yarnpkg'].map((name) => {
    const host = join(folder, `${kind}-${name}`);
    writeFileSync(host, `#!/bin/sh\n${script(name)}\n`);
    chmodSync(host, 0o755);
    return { host, inside: `${PROGRAMS}/${name}`, mode: 'ro' };
  });
}

export function findTool(name: string): string | undefined {
  return TOOL_FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function sameInside(path: string): SandboxMount {
  return { host: path, inside: path, mode: 'ro' };
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
