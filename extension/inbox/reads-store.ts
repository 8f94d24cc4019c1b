import { type Observable, openObservable } from '#shared/observable.ts';
import type { KeptRead, Shelf } from '../background/shelves.ts';
import type { Reads } from './reads.ts';

/** What was seen of which run, kept in this browser: the daemon has no door for it. */
export interface ReadsStore {
  readonly reads: Observable<Reads>;
  mark(run: string, face: string | null): Promise<void>;
}

/** A mark that old says nothing any more: the run is far down in the list. */
const LIMIT = 2_000;

/** Opens the marks of earlier lives. */
export async function openReadsStore(shelf: Shelf<KeptRead>, now: () => number, limit = LIMIT): Promise<ReadsStore> {
  let kept = (await shelf.all()).sort((a, b) => b.at - a.at);
  const reads = openObservable<Reads>({});
  const show = () => reads.set(Object.fromEntries(kept.map(({ run, face }) => [run, face])));
  show();
  return {
    reads,
    async mark(run, face) {
      if (reads.get()[run] === face) return;
      const mark: KeptRead = { run, face, at: now() };
      const all = [mark, ...kept.filter((each) => each.run !== run)];
      kept = all.slice(0, limit);
      show();
      await shelf.put(mark);
      for (const old of all.slice(limit)) await shelf.delete(old.run);
    },
  };
}
