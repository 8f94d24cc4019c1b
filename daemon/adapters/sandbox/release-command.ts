import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import type { SandboxMount } from '../../ports.ts';
import type { Confinement } from './confinement.ts';
import { becomeUser, systemArguments, TO_BECOME_USER } from './profile.ts';

/** A release as production runs it. */
export interface ReleaseCommandRequest {
  argv: readonly [string, ...string[]];
  /** Whose user it runs as, where the provider has users. */
  seat: number;
  /** `/app` inside. */
  folder: { host: string; mode: SandboxMount['mode'] };
  /** Working directory below it. Default: itself. */
  appFolder?: string;
  /** `/data` inside, writable. */
  dataFolder: string;
  env: Readonly<Record<string, string>>;
}

/** What to start, in a process group of its own, for as long as it lives. */
export interface ReleaseCommand {
  argv: readonly [string, ...string[]];
  env: Readonly<Record<string, string>>;
}

const SIGNALS = ['TERM', 'INT', 'HUP'];
const ETC_OF_HOST = ['/etc/hosts', '/etc/nsswitch.conf', '/etc/resolv.conf'];
/** Variables that make the loader or the C library of the tools before the app do something: they are set behind them. */
const LOADER_VARIABLE = /^(LD_|GLIBC_|GCONV_|GETCONF_|MALLOC_|LOC|NLS|NIS_|RES|HOSTALIASES|TZDIR|TMPDIR|PATH|HOME)/;

/**
 * The command line of a live release: it uses the host's network and outlives the daemon, but sees of the files only the system, its own
 * folder and its data. Signals to its group reach the app; bwrap, which waits for it, does not listen and ends with the app's exit code.
 */
export function releaseCommand(confinement: Pick<Confinement, 'system' | 'uidOf'>, request: ReleaseCommandRequest): ReleaseCommand {
  const { system } = confinement;
  const uid = confinement.uidOf(request.seat);
  const own: Record<string, string> = { PATH: system.path, HOME: '/data', TMPDIR: '/tmp', LANG: 'C.UTF-8', ...request.env };
  const [behind, plain] = [true, false].map((isLoader) => Object.entries(own).filter(([name]) => LOADER_VARIABLE.test(name) === isLoader));
  const mounts: SandboxMount[] = [
    ...system.mounts.filter(({ inside }) => !ETC_OF_HOST.includes(inside) && !system.absent.some((each) => each.inside === inside)),
    ...system.absent,
    ...ETC_OF_HOST.filter((path) => existsSync(path)).map((path): SandboxMount => ({ host: path, inside: path, mode: 'ro' })),
    { host: request.folder.host, inside: '/app', mode: request.folder.mode },
    { host: request.dataFolder, inside: '/data', mode: 'rw' },
  ];
  return {
    argv: [
      ...(['/usr/bin/env', ...SIGNALS.map((signal) => `--ignore-signal=${signal}`), system.tools.bwrap] as const),
      ...(uid === undefined ? ['--unshare-user', '--cap-drop', 'ALL'] : TO_BECOME_USER),
      ...['--unshare-ipc', ...systemArguments(system), '--bind', '/proc', '/proc', '--dev', '/dev', '--perms', '1777', '--tmpfs', '/tmp'],
      ...foldersAbove(mounts, system).flatMap((folder) => ['--perms', '0755', '--dir', folder]),
      ...mounts.flatMap((mount) => [mount.mode === 'rw' ? '--bind' : '--ro-bind', mount.host, mount.inside]),
      ...['--remount-ro', '/', '--chdir', '/', '--'],
      ...(uid === undefined ? [] : becomeUser(system.tools, uid)),
      ...[
        '/usr/bin/env',
        ...SIGNALS.map((signal) => `--default-signal=${signal}`),
        `--chdir=${posix.join('/app', request.appFolder ?? '.')}`,
      ],
      ...(behind ?? []).map(([name, value]) => `${name}=${value}`),
      ...request.argv,
    ],
    env: { PATH: '/usr/bin:/bin', ...Object.fromEntries(plain ?? []) },
  };
}

/** Folders on the way to what is mounted, outermost first. Those that bwrap makes by itself are closed to everyone but root, who starts it. */
function foldersAbove(mounts: readonly SandboxMount[], system: Confinement['system']): readonly string[] {
  const folders = mounts.flatMap(({ inside }) => {
    const parts = inside.split('/').slice(1, -1);
    return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  });
  const isOurs = (folder: string) => ![...system.folders, '/etc'].some((each) => folder === each || folder.startsWith(`${each}/`));
  return [...new Set(folders)].filter(isOurs).sort((a, b) => a.split('/').length - b.split('/').length);
}
