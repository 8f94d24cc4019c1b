import type { Log, Repository, UpstreamState } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { type Git, GitTrouble, WORK_MS } from './git.ts';
import { createMutex } from './mutex.ts';
import { ARRIVED, keptRef, MAIN, UPSTREAM_MAIN } from './names.ts';
import type { RefChange, Refs } from './refs.ts';
import type { LocalExchange } from './upstream-local.ts';
import type { LocalUpstream } from './upstream-repository.ts';
import { type Located, lastLine, type Tip, type UpstreamPlace } from './upstream-tip.ts';

type BroughtAlong = UpstreamState & { checkout: 'updated' | 'left' | 'none'; why?: string };

/** How our main and theirs stand to each other. `ours` and `theirs` are where they are. */
interface Relation {
  is: 'same' | 'ours_newer' | 'theirs_newer' | 'diverged' | 'rewritten';
  ours: string;
  theirs: string;
}

/**
 * Keeps the person's repository and the control repository in step, forward only and by compare-and-swap on both sides.
 * Only a person's word lets our main follow one that was rewritten.
 */
export function createUpstream(parts: {
  /** Fetches from and pushes to the person's repository. */
  transportGit: Git;
  tip: (signal?: AbortSignal) => Promise<Tip>;
  /** Looks at the person's repository again: it may have gone, come back or been replaced. */
  locate: () => Promise<Located>;
  place: UpstreamPlace;
  gitDir: string;
  local: LocalExchange;
  commits: Commits;
  refs: Refs;
  log: Log;
}): Pick<Repository, 'syncFromUpstream' | 'bringUpstreamAlong' | 'arrived' | 'landSync' | 'takeOverMain'> {
  const { transportGit, tip, place, gitDir, local, commits, refs, log } = parts;
  const one = createMutex();
  const address = place.kind === 'path' ? place.path : place.url;
  let leftBecause = 'not brought along yet';

  const mainNow = async (): Promise<string> => {
    const main = await refs.read(MAIN);
    if (main === undefined) throw new GitTrouble('the control repository has no main');
    return main;
  };

  /** What it takes to have refs at `to`, each from where it is now. */
  const movesTo = async (names: readonly string[], to: string): Promise<readonly RefChange[]> => {
    const changes: RefChange[] = [];
    for (const ref of names) {
      const from = await refs.read(ref);
      if (from !== to) changes.push({ ref, from, to });
    }
    return changes;
  };

  /** What was on main on both sides and is no longer on theirs was taken away there: the tip that we see is a rewritten one. */
  const isRewritten = async (agreed: string, ours: string, theirs: string): Promise<boolean> =>
    agreed !== theirs && !(await commits.isAncestor(agreed, theirs)) && (await commits.isAncestor(agreed, ours));

  const relate = async (theirs: string): Promise<Relation> => {
    const ours = await mainNow();
    const at = (is: Relation['is']): Relation => ({ is, ours, theirs });
    const agreed = await refs.read(UPSTREAM_MAIN);
    if (ours === theirs) {
      if (agreed !== ours) await agree(ours);
      return at('same');
    }
    if (agreed !== undefined && (await isRewritten(agreed, ours, theirs))) return at('rewritten');
    if (await commits.isAncestor(theirs, ours)) {
      if (agreed !== theirs) await agree(theirs);
      return at('ours_newer');
    }
    return at((await commits.isAncestor(ours, theirs)) ? 'theirs_newer' : 'diverged');
  };

  const agree = async (on: string): Promise<void> => {
    await refs.change(await movesTo([UPSTREAM_MAIN], on), 'agreed');
  };

  const apart = async ({ is, ours, theirs }: Relation): Promise<UpstreamState> => ({
    state: 'diverged',
    ours: await commits.count(ours, theirs),
    theirs: await commits.count(theirs, ours),
    commit: theirs,
    rewritten: is === 'rewritten',
  });

  const ahead = async ({ ours, theirs }: Relation): Promise<UpstreamState> => ({
    state: 'ahead',
    by: await commits.count(ours, theirs),
    why: leftBecause,
  });

  const stateOf = async (relation: Relation): Promise<UpstreamState> => {
    switch (relation.is) {
      case 'same':
        return { state: 'in_step' };
      case 'ours_newer':
        return ahead(relation);
      case 'diverged':
      case 'rewritten':
        return apart(relation);
      case 'theirs_newer':
        throw new GitTrouble('main could not be moved to what came from the upstream repository');
    }
  };

  const left = async (relation: Relation, why: string, checkout: 'left' | 'none'): Promise<BroughtAlong> => {
    leftBecause = why;
    return { ...(await ahead(relation)), checkout, why };
  };

  const toRemote = async (relation: Relation, signal: AbortSignal): Promise<BroughtAlong> => {
    const options = ['-q', '--no-verify', '--no-follow-tags', '--recurse-submodules=no', '--end-of-options'];
    const args = ['push', ...options, address, `${relation.ours}:${MAIN}`];
    const pushed = await transportGit({ args, gitDir, timeoutMs: WORK_MS, signal });
    if (pushed.code !== 0) return left(relation, lastLine(pushed.stderr), 'none');
    await agree(relation.ours);
    return { state: 'in_step', checkout: 'none' };
  };

  const toLocal = async (found: LocalUpstream, relation: Relation): Promise<BroughtAlong> => {
    try {
      const brought = await local.bring(found, relation.theirs, relation.ours);
      if (brought.end === 'left') return left(relation, brought.why, brought.checkout);
      await agree(relation.ours);
      return { state: 'in_step', checkout: brought.checkout };
    } catch (error) {
      if (!isTheirs(error)) throw error;
      return left(relation, error.message, 'left');
    }
  };

  /** Undefined: nothing was left half done, or it has been put right. */
  const mend = async (found: LocalUpstream): Promise<string | undefined> => {
    try {
      return await local.finishInterrupted(found);
    } catch (error) {
      if (!isTheirs(error)) throw error;
      log('warn', 'an interrupted update of the upstream repository could not be looked at', { why: error.message });
      return error.message;
    }
  };

  return {
    arrived: async () => {
      const arrived = await refs.read(ARRIVED);
      return arrived !== undefined && (await commits.isAncestor(arrived, await mainNow())) ? arrived : undefined;
    },

    syncFromUpstream: (signal) =>
      one(async () => {
        const seen = await tip(signal);
        if (!seen.ok) return { state: 'offline', detail: seen.detail, main: await mainNow() };
        const relation = await relate(seen.theirs);
        const { ours: main, theirs } = relation;
        if (relation.is !== 'theirs_newer') return { ...(await stateOf(relation)), main };
        // Main last: cut off before it, the same is done again.
        const changes = [...(await movesTo([ARRIVED, UPSTREAM_MAIN], theirs)), { ref: MAIN, from: main, to: theirs }];
        if (await refs.change(changes, 'upstream')) return { state: 'in_step', main: theirs, movedFrom: main };
        // Something landed between the look and the move, or there was no room for it.
        const now = await relate(theirs);
        return { ...(await stateOf(now)), main: now.ours };
      }),

    landSync: ({ from, theirs, to }) =>
      one(async () => {
        const changes = [...(await movesTo([ARRIVED, UPSTREAM_MAIN], theirs)), { ref: MAIN, from, to }];
        if (await refs.change(changes, 'merge of upstream')) return { end: 'moved' };
        const main = await mainNow();
        return (await commits.isAncestor(to, main)) ? { end: 'moved' } : { end: 'main_moved', main };
      }),

    takeOverMain: ({ from, to }) =>
      one(async () => {
        const kept = keptRef(from);
        // Main before the rest: cut off after it, both mains are the same, and nothing that was dropped is brought back there.
        const changes = [
          ...((await refs.read(kept)) === undefined ? [{ ref: kept, from: undefined, to: from }] : []),
          { ref: MAIN, from, to },
          ...(await movesTo([UPSTREAM_MAIN, ARRIVED], to)),
        ];
        if (await refs.change(changes, 'taken over')) return { end: 'moved' };
        const main = await mainNow();
        return main === to ? { end: 'moved' } : { end: 'main_moved', main };
      }),

    bringUpstreamAlong: (signal) =>
      one(async (): Promise<BroughtAlong> => {
        const found = await parts.locate();
        if (!found.ok) return { state: 'offline', detail: found.detail, checkout: 'none' };
        const interrupted = found.local && (await mend(found.local));
        const seen = await tip(signal);
        if (!seen.ok) return { state: 'offline', detail: seen.detail, checkout: 'none' };
        const relation = await relate(seen.theirs);
        switch (relation.is) {
          case 'same':
            return interrupted === undefined
              ? { state: 'in_step', checkout: 'none' }
              : { state: 'in_step', checkout: 'left', why: interrupted };
          case 'theirs_newer':
            return { state: 'in_step', checkout: 'none', why: 'main there is newer; it is fetched before the next merge' };
          case 'diverged':
          case 'rewritten':
            return { ...(await apart(relation)), checkout: 'none' };
          case 'ours_newer':
            return found.local ? toLocal(found.local, relation) : toRemote(relation, signal);
        }
      }),
  };
}

/** What went wrong in the person's repository or on their disk, and not in our own logic. */
function isTheirs(error: unknown): error is Error {
  return error instanceof GitTrouble || (error instanceof Error && 'syscall' in error);
}
