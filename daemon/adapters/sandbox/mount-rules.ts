import { lstatSync } from 'node:fs';
import { dirname, isAbsolute, normalize } from 'node:path';
import type { SandboxMount } from '../../ports.ts';

/**
 * Why these mounts must not be made; undefined when they may. bwrap follows symbolic links in the host path, with root's rights
 * where the daemon is root: a link that sandboxed code left behind would let it choose what is mounted next time.
 */
export function refuseMounts(mounts: readonly SandboxMount[]): string | undefined {
  for (const { host, inside } of mounts) {
    if (!isPlain(host)) return `not an absolute, plain host path: ${host}`;
    if (!isPlain(inside) || inside === '/') return `not a mount point: ${inside}`;
    const why = foreignLink(host);
    if (why !== undefined) return why;
  }
  return undefined;
}

function isPlain(path: string): boolean {
  return isAbsolute(path) && normalize(path) === path && !path.includes('\0') && (path === '/' || !path.endsWith('/'));
}

function foreignLink(host: string): string | undefined {
  const own = process.getuid?.() ?? 0;
  for (let path = host; path !== '/'; path = dirname(path)) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return `nothing to mount at ${path}`;
    if (!stat.isSymbolicLink()) continue;
    if (path === host) return `${path} is a symbolic link`;
    if (stat.uid !== 0 && stat.uid !== own) return `${path} is a symbolic link of user ${stat.uid}`;
  }
  return undefined;
}
