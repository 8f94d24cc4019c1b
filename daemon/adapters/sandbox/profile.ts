import { posix } from 'node:path';
import type { SandboxMount, SandboxRequest } from '../../ports.ts';
import { TAG_VARIABLE } from '../process-facts.ts';

/** Programs of the host that build a sandbox, by absolute path. */
export interface SandboxTools {
  bwrap: string;
  prlimit: string;
  nice: string;
  setpriv: string;
}

/** What of the host every sandbox sees, read-only. */
export interface SandboxSystem {
  tools: SandboxTools;
  /** `/usr`, and what of `/bin`, `/lib` … is a folder of its own. Bound at the same path. */
  folders: readonly string[];
  /** `/bin` → `usr/bin` and the like. */
  links: readonly { path: string; target: string }[];
  /** Toolchain outside `/usr`, certificates, generated `/etc` files, the launcher. */
  mounts: readonly SandboxMount[];
  /** What of `mounts` production has in another form: programs that are not there and say so. */
  absent: readonly SandboxMount[];
  path: string;
  node: string;
}

/** Descriptors that {@link confinedCommand} expects the program to be started with. */
export const DESCRIPTORS = { outerStatus: 3, innerArguments: 4, innerStatus: 5, listener: 6 } as const;

const HOME = '/home/agent';
const STAGE = '/stage';
const TMP_BYTES = 2 * 1024 ** 3;
const HOME_BYTES = 1024 ** 3;

/**
 * The command line that confines `program`, and the text for descriptor 4 (kept off the command line, which anyone can read).
 * With `uid`, a first bwrap that runs as root does nothing but bind the folders where that user can reach them and become the user;
 * so they may lie below folders that are closed to it. The second bwrap is the sandbox, the same in both providers.
 */
export function confinedCommand(input: {
  system: SandboxSystem;
  request: SandboxRequest;
  /** Mounts of the request and of its bridges. */
  mounts: readonly SandboxMount[];
  /** Environment of its bridges. */
  env: Readonly<Record<string, string>>;
  program: readonly string[];
  uid: number | undefined;
  maxProcesses: number;
  /** Command line that goes before everything of bwrap, and what the program's user is called when it changes who we are. */
  stage: { argv: readonly string[]; uid?: number };
}): { argv: [string, ...string[]]; innerArguments: string } {
  const { system, uid } = input;
  const { tools } = system;
  // A parent before what is mounted inside it.
  const mounts = [...system.mounts, ...input.mounts].sort((a, b) => depth(a.inside) - depth(b.inside));
  const staged = uid === undefined ? mounts : mounts.map((mount, index) => ({ ...mount, host: `${STAGE}/${index}` }));
  const inner = innerArguments({
    ...input,
    mounts: staged,
    statusFd: uid === undefined ? DESCRIPTORS.outerStatus : DESCRIPTORS.innerStatus,
  });
  const innerCommand = ['--args', String(DESCRIPTORS.innerArguments), '--', ...input.program];
  const limits = [tools.nice, '-n', '10', tools.prlimit, ...limitArguments(input.maxProcesses), '--', ...input.stage.argv] as const;
  const argv: [string, ...string[]] =
    uid === undefined
      ? [...limits, tools.bwrap, ...innerCommand]
      : [...limits, tools.bwrap, ...stageArguments(system, mounts), '--', ...becomeUser(tools, uid), `${STAGE}/bwrap`, ...innerCommand];
  return { argv, innerArguments: inner.map((argument) => `${argument}\0`).join('') };
}

/** Root's part: folders where the user can reach them, its own process namespace (whose end is the end of everything in it), nothing else. */
function stageArguments(system: SandboxSystem, mounts: readonly SandboxMount[]): string[] {
  return [
    ...['--unshare-pid', '--die-with-parent', '--json-status-fd', String(DESCRIPTORS.outerStatus)],
    ...TO_BECOME_USER,
    ...systemArguments(system),
    // A user namespace may mount a /proc only where a whole one is visible; the inner bwrap leaves this one behind.
    ...['--bind', '/proc', '/proc', '--dev-bind', '/dev', '/dev'],
    // bwrap assembles the inner root on /tmp.
    ...['--perms', '1777', '--dir', '/tmp', '--perms', '0755', '--dir', STAGE],
    ...['--ro-bind', system.tools.bwrap, `${STAGE}/bwrap`],
    ...mounts.flatMap((mount, index) => [mount.mode === 'rw' ? '--bind' : '--ro-bind', mount.host, `${STAGE}/${index}`]),
    ...['--remount-ro', '/', '--chdir', '/', '--clearenv'],
  ];
}

/** What root's bwrap leaves the next program: enough to become the user, who has none of it. */
export const TO_BECOME_USER = ['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_SETPCAP'];

/** Beginning of a command line that goes on as an ordinary user without any privilege. */
export function becomeUser(tools: SandboxTools, uid: number): string[] {
  const capabilities = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'];
  return [tools.setpriv, `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs', ...capabilities, '--'];
}

function innerArguments(input: {
  system: SandboxSystem;
  request: SandboxRequest;
  mounts: readonly SandboxMount[];
  env: Readonly<Record<string, string>>;
  statusFd: number;
  stage: { uid?: number };
}): string[] {
  const { system, request } = input;
  const env = { PATH: system.path, HOME, TMPDIR: '/tmp', LANG: 'C.UTF-8', ...input.env, ...request.env, [TAG_VARIABLE]: request.tag };
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net', '--unshare-cgroup-try'],
    ...(input.stage.uid === undefined ? [] : ['--uid', String(input.stage.uid), '--gid', String(input.stage.uid)]),
    ...['--die-with-parent', '--new-session', '--hostname', 'sandbox', '--cap-drop', 'ALL', '--json-status-fd', String(input.statusFd)],
    ...(request.nestedSandbox ? [] : ['--disable-userns']),
    ...systemArguments(system),
    ...['--proc', '/proc', '--dev', '/dev', '--size', String(TMP_BYTES), '--tmpfs', '/tmp'],
    ...['--perms', '0755', '--dir', '/var', '--size', String(TMP_BYTES), '--tmpfs', '/var/tmp', '--perms', '0755', '--dir', '/run'],
    ...['--perms', '0755', '--dir', posix.dirname(HOME), '--size', String(HOME_BYTES), '--tmpfs', HOME],
    ...input.mounts.flatMap((mount) => [mount.mode === 'rw' ? '--bind' : '--ro-bind', mount.host, mount.inside]),
    ...['--remount-ro', '/', '--chdir', request.cwd, '--clearenv'],
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

/** The system's folders, read-only, in an otherwise empty root. */
export function systemArguments(system: SandboxSystem): string[] {
  return [
    ...system.folders.flatMap((folder) => ['--ro-bind', folder, folder]),
    ...system.links.flatMap((link) => ['--symlink', link.target, link.path]),
    ...['--perms', '0755', '--dir', '/etc'],
  ];
}

/** Memory is limited per process only: more needs a cgroup of our own, which not every machine gives. */
function limitArguments(maxProcesses: number): string[] {
  const limits = { nproc: maxProcesses, nofile: 4096, core: 0, fsize: 2 * 1024 ** 3, data: 8 * 1024 ** 3 };
  return Object.entries(limits).map(([name, value]) => `--${name}=${value}:${value}`);
}

function depth(path: string): number {
  return path.split('/').length;
}
