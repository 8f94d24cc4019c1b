import { mkdirSync, readFileSync } from 'node:fs';
import type { Log, Sandbox, SandboxCapabilities } from '../../ports.ts';
import { closeInheritedDescriptors, killTagged } from '../process-facts.ts';
import { STATIC_SERVER } from './bridge-config.ts';
import { findSystem, findTool, staticServerBeside } from './find-system.ts';
import { canLayer, type LayerTools } from './layers.ts';
import { ownFolder, wipeFolder } from './ownership.ts';
import { type ReleaseCommand, type ReleaseCommandRequest, releaseCommand } from './release-command.ts';
import { selfTest } from './self-test.ts';
import { startConfined } from './start-confined.ts';
import { hostPath, startUnconfined } from './start-unconfined.ts';

/** How to confine, and what is known about this installation. */
export interface SandboxOptions {
  /** Default: `user+bwrap` for root, else `bwrap`. `none` only where it was asked for by name. */
  provider?: SandboxCapabilities['provider'];
  /** Private folder for generated files and sockets; made if missing. Its path must leave room for a socket's name (107 bytes in all). */
  folder: string;
  /** The running node. */
  nodePath: string;
  /** `launcher.mjs`: beside this file in the sources, beside the bundle when built. */
  launcherPath: string;
  /** bwrap of the Codex package, for machines without one. */
  bundledBwrap?: string;
  /** More that is visible inside, read-only, at its own path. */
  toolchain?: readonly string[];
  log: Log;
}

/** An open provider, and how the releases of production are started beside it. */
export interface OpenedSandbox {
  ok: true;
  sandbox: Sandbox;
  releaseCommand(request: ReleaseCommandRequest): ReleaseCommand;
}

/** User of seat 0; seat n has the n-th after it. */
const FIRST_UID = 64_000;
const SEATS = 64;
const MAX_PROCESSES = 4_096;

/** Opens the provider, or says what the machine lacks. Whether its promises hold is a question for `selfTest`. */
export async function openSandbox(options: SandboxOptions): Promise<OpenedSandbox | { ok: false; detail: string; remedy: string }> {
  const uid = process.getuid?.() ?? 0;
  const provider = options.provider ?? (uid === 0 ? 'user+bwrap' : 'bwrap');
  if (provider === 'user+bwrap' && uid !== 0) {
    return {
      ok: false,
      detail: 'sandbox "user+bwrap" needs the daemon to run as root',
      remedy: 'set sandbox to "bwrap", or run the daemon as root',
    };
  }
  closeInheritedDescriptors();
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  if (provider === 'none') {
    return {
      ok: true,
      sandbox: openUnconfined(options),
      releaseCommand: ({ argv, env }) => ({ argv, env: { PATH: hostPath(options.nodePath), ...env } }),
    };
  }

  const separateUser = provider === 'user+bwrap';
  const uids = separateUser ? Array.from({ length: SEATS }, (_, seat) => FIRST_UID + seat) : [uid];
  const system = findSystem({ ...options, toolchain: options.toolchain ?? [], uids }, separateUser);
  if ('missing' in system) return { ok: false, detail: `${system.missing} was not found`, remedy: system.remedy };

  const uidOf = (seat: number) => {
    if (!Number.isInteger(seat) || seat < 0 || seat >= SEATS) throw new Error(`no such seat: ${seat}`);
    return separateUser ? FIRST_UID + seat : undefined;
  };
  const onRefused = (host: string, why: string) => options.log('warn', 'egress refused', { host, why });
  const layers = await findLayers(uid === 0, options.folder);
  const maxProcesses = Math.min(MAX_PROCESSES, hardProcessLimit());
  const confinement = { system, folder: options.folder, uidOf, maxProcesses, layers, onRefused };
  const sandbox: Sandbox = {
    capabilities: { provider, separateUser, ownNetwork: true, ownProcesses: true, layers: layers !== undefined, mounts: true },
    serving: (site) => staticCommand(system.node, STATIC_SERVER, site),
    selfTest: () => selfTest(sandbox, options),
    start: (request) => startConfined(confinement, request),
    run: (request) => startConfined(confinement, request).ended,
    own: async (folder, seat) => ownFolder(folder, uidOf(seat)),
    wipe: wipeFolder,
    sweep: (tag) => killTagged(tag),
  };
  return { ok: true, sandbox, releaseCommand: (request) => releaseCommand(confinement, request) };
}

function openUnconfined(options: SandboxOptions): Sandbox {
  const start: Sandbox['start'] = (request) => startUnconfined(options, request);
  return {
    capabilities: { provider: 'none', separateUser: false, ownNetwork: false, ownProcesses: false, layers: false, mounts: false },
    serving: (site) => staticCommand(options.nodePath, staticServerBeside(options.launcherPath), site),
    // It promises nothing.
    selfTest: async () => [],
    start,
    run: (request) => start(request).ended,
    own: (folder) => ownFolder(folder, undefined),
    wipe: wipeFolder,
    sweep: (tag) => killTagged(tag),
  };
}

async function findLayers(isRoot: boolean, scratch: string): Promise<LayerTools | undefined> {
  const [unshare, mount] = ['unshare', 'mount'].map(findTool);
  if (unshare === undefined || mount === undefined) return undefined;
  const tools = { unshare, mount, isRoot };
  return (await canLayer(tools, scratch)) ? tools : undefined;
}

function staticCommand(node: string, server: string, { folder, fallback }: Parameters<Sandbox['serving']>[0]): string {
  const words = [node, server, folder, ...(fallback === undefined ? [] : [fallback])];
  return `exec ${words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}`;
}

/** A limit cannot be raised by an ordinary user, so ours must not be above the one in force. */
function hardProcessLimit(): number {
  const limit = /^Max processes\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}
