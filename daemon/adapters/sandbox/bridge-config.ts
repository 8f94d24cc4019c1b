/** Where the launcher and the sockets of bridges are in every sandbox. */
export const BRIDGE_FOLDER = '/run/codex-builder';

/** The launcher in every sandbox. */
export const LAUNCHER = `${BRIDGE_FOLDER}/launcher.mjs`;

/** The server of plain files in every sandbox. */
export const STATIC_SERVER = `${BRIDGE_FOLDER}/static-server.mjs`;

/** Programs of ours on the PATH of every sandbox, after the host's own. */
export const PROGRAMS = `${BRIDGE_FOLDER}/bin`;

/** What the launcher is told: which loopback ports of the inside lead to which sockets of the host, and the other way. */
export interface BridgeConfig {
  /** Listens on 127.0.0.1:`port` and pipes each connection to the unix socket. */
  out?: { port: number; socket: string };
  /** Accepts on the inherited listening descriptor and pipes each connection to 127.0.0.1:`port`. */
  in?: { fd: number; port: number };
}
