import { statfs } from 'node:fs/promises';
import type { Host } from '../../ports.ts';

/** This machine. */
export const systemHost: Host = {
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};
