import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxMount, SandboxRequest } from '../../ports.ts';
import { isOtherMachine, isPublicAddress } from './addresses.ts';
import { BRIDGE_FOLDER, type BridgeConfig, LAUNCHER } from './bridge-config.ts';
import type { Confinement } from './confinement.ts';
import { openEgress } from './egress.ts';
import { listenFor } from './listening-socket.ts';
import { DESCRIPTORS } from './profile.ts';

/** Where programs inside find the proxy to the allowed hosts. */
const PROXY_PORT = 43_128;

/** The ways between a sandbox and the host, and the command line that opens their inner ends. */
export interface Bridges {
  mounts: readonly SandboxMount[];
  env: Readonly<Record<string, string>>;
  program: readonly string[];
  /** Listening descriptor that the sandbox is to inherit. */
  listenerFd?: number;
  /** The program has been started and holds its descriptors. */
  started(): void;
  /** The program is gone. */
  close(): Promise<void>;
}

/** Opens the outer ends. Without any, the program is run as it is: starting node inside costs more than the sandbox. */
export function openBridges(confinement: Confinement, request: SandboxRequest): Bridges | { detail: string } {
  const { expose, net } = request;
  const isOtherUser = confinement.uidOf(request.seat) !== undefined;
  const mounts: SandboxMount[] = [];
  const env: Record<string, string> = {};
  const config: BridgeConfig = {};
  let close = async () => {};
  if (net.kind === 'relay') {
    if (!lstatSync(net.socket, { throwIfNoEntry: false })?.isSocket()) return { detail: `no socket at ${net.socket}` };
    if (isOtherUser) openToSeats(net.socket);
    mounts.push({ host: net.socket, inside: `${BRIDGE_FOLDER}/relay.sock`, mode: 'ro' });
    config.out = { port: net.port, socket: `${BRIDGE_FOLDER}/relay.sock` };
  } else if (net.kind === 'allow') {
    const socket = join(confinement.folder, `egress-${randomBytes(4).toString('hex')}.sock`);
    const egress = openEgress({
      socket,
      hosts: net.hosts,
      onRefused: (host, why) => {
        confinement.onRefused(host, why);
        net.onDenied?.(host, 'refused');
      },
      onUnreachable: (host) => net.onDenied?.(host, 'unreachable'),
      isAllowedAddress: net.privateNetworks === true ? (address) => isOtherMachine(address) : isPublicAddress,
    });
    if ('detail' in egress) return egress;
    if (isOtherUser) openToSeats(socket);
    close = egress.close;
    mounts.push({ host: socket, inside: `${BRIDGE_FOLDER}/egress.sock`, mode: 'ro' });
    config.out = { port: PROXY_PORT, socket: `${BRIDGE_FOLDER}/egress.sock` };
    Object.assign(env, proxyEnvironment());
  }
  const listener = expose && listenFor(expose.socket);
  if (listener && 'detail' in listener) {
    void close();
    return listener;
  }
  if (expose) config.in = { fd: DESCRIPTORS.listener, port: expose.port };
  const needsLauncher = config.in !== undefined || config.out !== undefined;
  return {
    mounts,
    env,
    program: needsLauncher ? [confinement.system.node, LAUNCHER, JSON.stringify(config), '--', ...request.argv] : request.argv,
    listenerFd: listener?.fd,
    started: () => listener?.handOver(),
    close: async () => {
      if (expose) rmSync(expose.socket, { force: true });
      await close();
    },
  };
}

/** Connecting needs the right to write. The socket's folder is closed to everyone else, so only those it is mounted for get this far. */
function openToSeats(socket: string): void {
  chmodSync(socket, 0o666);
}

function proxyEnvironment(): Record<string, string> {
  const proxy = `http://127.0.0.1:${PROXY_PORT}`;
  const local = 'localhost,127.0.0.1,::1';
  const common = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: local, http_proxy: proxy, https_proxy: proxy, no_proxy: local };
  // Yarn looks at no other name than its own.
  return { ...common, YARN_HTTP_PROXY: proxy, YARN_HTTPS_PROXY: proxy };
}
