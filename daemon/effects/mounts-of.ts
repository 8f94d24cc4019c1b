import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxMount } from '../ports.ts';
import type { Parts } from './parts.ts';

/** What a command of the app finds in its folder beside the commit: its dependencies, and the pointer to the repository, which nobody inside may write. */
export async function mountsOf({ dependencies }: Pick<Parts, 'dependencies'>, folder: string): Promise<readonly SandboxMount[]> {
  const pointer = join(folder, '.git');
  const isPointer = await lstat(pointer).then(
    (found) => found.isFile(),
    () => false,
  );
  return [...dependencies.mountsAt(folder, 'app'), ...(isPointer ? [{ host: pointer, inside: '/app/.git', mode: 'ro' } as const] : [])];
}
