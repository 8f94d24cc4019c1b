import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import type { Clock, Ids, Log, PreviewData, PreviewDataRequest, Sandbox } from '../../ports.ts';
import { runOnData, troubleOf } from './run-command.ts';
import { copySet, listSet, versionOf } from './seed-set.ts';
import { openSeedShelf } from './seed-shelf.ts';

export interface PreviewDataOptions {
  sandbox: Sandbox;
  stateFolder: string;
  clock: Clock;
  ids: Ids;
  log: Log;
}

const Note = z.object({ seedVersion: z.string() });
type Seed = { ok: true; folder: string; seedVersion: string } | { ok: false; detail: string };

const keyOf = (seedKey: string) => createHash('sha256').update(seedKey).digest('hex').slice(0, 32);

/** Data of previews: a seed is built once per key, each reset copies it. SQLite files, or none at all. */
export function openPreviewData({ sandbox, stateFolder, clock, ids, log }: PreviewDataOptions): PreviewData {
  const root = join(stateFolder, 'seeds');
  const shelf = openSeedShelf(root, ids);
  const building = new Map<string, Promise<Seed>>();

  async function seedOf(request: PreviewDataRequest, command: string): Promise<Seed> {
    const key = keyOf(request.seedKey);
    const kept = shelf.folderOf(key);
    if (existsSync(kept)) {
      const { seedVersion } = z.parse(Note, JSON.parse(await readFile(join(kept, 'seed.json'), 'utf8')));
      return { ok: true, folder: join(kept, 'data'), seedVersion };
    }
    const under = building.get(key);
    if (under !== undefined) {
      const theirs = await under;
      // They may have been stopped, which says nothing about ours.
      return theirs.ok || request.signal.aborted ? theirs : seedOf(request, command);
    }
    const doing = build(request, command, kept).finally(() => building.delete(key));
    building.set(key, doing);
    return doing;
  }

  /** The seed runs in a folder of its own; only a whole set gets the name under which it is found. */
  async function build(request: PreviewDataRequest, command: string, kept: string): Promise<Seed> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const unfinished = shelf.unfinished();
    const temp = unfinished.folder;
    const data = join(temp, 'data');
    const made = join(temp, 'made');
    await mkdir(made, { recursive: true, mode: 0o700 });
    try {
      const trouble = troubleOf(await runOnData(sandbox, 'seed', command, { ...request, dataFolder: made }));
      if (trouble !== undefined) return { ok: false, detail: `the seed failed: ${trouble}` };
      const set = await listSet(made);
      if (!set.ok) return { ok: false, detail: `the seed cannot be kept: ${set.detail}` };
      if (request.file !== undefined && !set.files.includes(request.file))
        return { ok: false, detail: `the seed made no ${request.file} in $DATA_DIR` };
      await copySet(made, data, set);
      const seedVersion = await versionOf(data, set.files);
      await writeFile(join(temp, 'seed.json'), JSON.stringify({ seedVersion }), { mode: 0o600 });
      await remove(made);
      await rename(temp, kept);
      await tidy();
      return { ok: true, folder: join(kept, 'data'), seedVersion };
    } finally {
      await remove(temp);
      unfinished.done();
    }
  }

  /** Seeds nobody has asked for in a long time. What cannot be removed now is tried again after the next one is built. */
  async function tidy(): Promise<void> {
    for (const folder of shelf.surplus()) {
      await remove(folder).catch((error: Error) => log('warn', 'an old seed cannot be removed', { folder, detail: error.message }));
    }
  }

  /** Removes a folder in which sandboxed programs may have set any mode. */
  async function remove(folder: string): Promise<void> {
    if (!existsSync(folder)) return;
    await sandbox.wipe(folder);
    await rmdir(folder);
  }

  /** Puts `source`, or nothing, in place of what the slot had, as a whole. */
  async function replace(dataFolder: string, seat: number, source: string | undefined): Promise<string | undefined> {
    const fresh = `${dataFolder}.new`;
    await remove(fresh);
    await mkdir(dirname(fresh), { recursive: true, mode: 0o700 });
    if (source === undefined) await mkdir(fresh, { mode: 0o700 });
    else {
      const set = await listSet(source);
      if (!set.ok) return set.detail;
      await copySet(source, fresh, set);
    }
    await remove(dataFolder);
    await rename(fresh, dataFolder);
    await sandbox.own(dataFolder, seat);
    return undefined;
  }

  return {
    reset(request) {
      const command = request.kind === 'sqlite' ? request.seed : undefined;
      return shelf.holding(command === undefined ? undefined : keyOf(request.seedKey), async () => {
        const seed = command === undefined ? undefined : await seedOf(request, command);
        if (seed && !seed.ok) return seed;
        const trouble = await replace(request.dataFolder, request.seat, seed?.folder);
        if (trouble !== undefined) return { ok: false, detail: `the seed cannot be copied: ${trouble}` };
        const seedVersion = seed?.seedVersion ?? (request.kind === 'sqlite' ? 'empty' : 'none');
        return { ok: true, seedVersion, resetAt: clock.now() };
      });
    },
    async migrate(request) {
      const outcome = await runOnData(sandbox, 'migrate', request.command, request);
      const trouble = troubleOf(outcome);
      const durationMs = Math.round(outcome.durationMs);
      if (trouble === undefined) return { name: request.command, status: 'applied', durationMs };
      return { name: request.command, status: outcome.end === 'timed_out' ? 'timed_out' : 'failed', durationMs, error: trouble };
    },
  };
}
