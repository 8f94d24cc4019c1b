import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Sandbox, SandboxMount } from '../../ports.ts';

const Mounted = z.object({ host: z.string(), inside: z.string() });
const Note = z.object({
  key: z.optional(z.string()),
  /** Lower part of the layer, where there is one. */
  lower: z.optional(z.string()),
  made: z.array(Mounted),
  /** Read by everyone, written by nobody. */
  shared: z.array(Mounted),
  /** Read by the app, not by the agent. */
  copies: z.array(Mounted),
});
type Note = z.infer<typeof Note>;

const NOTHING: Note = { made: [], shared: [], copies: [] };
const LAYER_PARTS = ['upper', 'work', 'merged'];

/** What belongs to one worktree and lies beside it. */
export interface Place {
  folder: string;
  /** Which entry it has, if any. */
  key(): string | undefined;
  /** Takes away everything it had. Nothing runs there. */
  clear(): Promise<void>;
  /** Makes the parts of a layer. */
  layer(): void;
  write(note: Partial<Note>): void;
  mounts(who: 'app' | 'agent'): readonly SandboxMount[];
}

/** The place of a worktree. What is in it is found again after a restart. */
export function placeOf(worktree: string, sandbox: Pick<Sandbox, 'wipe'>): Place {
  const folder = `${worktree}.with`;
  const file = join(folder, 'note.json');
  const note = (): Note => (existsSync(file) ? z.parse(Note, JSON.parse(readFileSync(file, 'utf8'))) : NOTHING);
  return {
    folder,
    key: () => note().key,
    async clear() {
      // First the note: what it names must be whole as long as it stands.
      rmSync(file, { force: true });
      if (!existsSync(folder)) return;
      await sandbox.wipe(folder);
      rmdirSync(folder);
    },
    layer() {
      for (const part of LAYER_PARTS) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
    },
    write(given) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(`${file}.new`, JSON.stringify({ ...NOTHING, ...given }), { mode: 0o600, flush: true });
      renameSync(`${file}.new`, file);
    },
    mounts(who) {
      const { lower, made, shared, copies } = note();
      const layer = lower === undefined ? undefined : { lower, folder };
      return [
        ...shared.map((each) => ({ ...each, mode: 'ro' as const })),
        ...made.map((each) => ({ ...each, mode: 'rw' as const, ...(layer === undefined ? {} : { layer }) })),
        ...(who === 'app' ? copies.map((each) => ({ ...each, mode: 'ro' as const })) : []),
      ];
    },
  };
}
