import { randomBytes } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';

/** A unix socket that listens, for a child to accept on. */
export interface ListeningSocket {
  /** To be passed on to the child. */
  fd: number;
  /** Puts the socket at its place and closes our copy, so that only the child accepts. Call it once the child has its own. */
  handOver(): void;
}

/** Longest path that fits a socket address on Linux, in bytes. */
const SOCKET_PATH_BYTES = 107;

/**
 * Listens on `path` before the program that will serve it exists. The program gets the descriptor, never the folder, so it cannot put
 * another socket in its place. Any file that was at `path` is replaced.
 */
export function listenFor(path: string): ListeningSocket | { detail: string } {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES)
    return { detail: `the socket's path is longer than ${SOCKET_PATH_BYTES} bytes: ${path}` };
  // Node removes the path it bound when it closes: bound under another name, the final one stays.
  const bound = join(dirname(path), `.${randomBytes(3).toString('hex')}`);
  if (Buffer.byteLength(bound) > SOCKET_PATH_BYTES) return { detail: `the socket's folder has too long a path: ${dirname(path)}` };
  const server = net.createServer();
  let failure: string | undefined;
  server.on('error', (error) => {
    failure = error.message;
  });
  server.listen(bound);
  const fd = (server as unknown as { _handle?: { fd?: number } })._handle?.fd;
  if (fd === undefined || fd < 0) return { detail: failure ?? `cannot listen in ${dirname(path)}` };
  return {
    fd,
    handOver: () => {
      renameSync(bound, path);
      server.close();
      rmSync(bound, { force: true });
    },
  };
}
