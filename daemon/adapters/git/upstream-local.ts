import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../ports.ts';
import { writeDurably } from './durable.ts';
import { hasOwnFilters, whyFiltered } from './filters.ts';
import { giveTo, textOf } from './folders.ts';
import { type Git, gitText, WORK_MS } from './git.ts';
import type { Lfs } from './lfs.ts';
import type { LfsPointer } from './lfs-pointer.ts';
import { MAIN } from './names.ts';
import { type Checkouts, createCheckouts } from './upstream-checkout.ts';
import type { LocalUpstream, PersonsCheckout } from './upstream-repository.ts';

/** What was being done to the person's checkouts; on disk until it is done, so that the next call can finish it. */
interface Intent {
  from: string;
  to: string;
  checkouts: readonly PersonsCheckout[];
}

/** How bringing a repository of this machine along ended. `left`: nothing of theirs was touched. */
export type BroughtLocal = { end: 'brought'; checkout: 'updated' | 'none' } | { end: 'left'; checkout: 'left' | 'none'; why: string };

/** Moves main of a repository of this machine, and the files of a checkout of it, as its owner. */
export interface LocalExchange {
  /** From one commit to a later one of ours; leaves everything as it is when something of theirs is in the way. */
  bring(local: LocalUpstream, from: string, to: string): Promise<BroughtLocal>;
  /** Ends what a killed daemon had begun. Answers what could not be put right. */
  finishInterrupted(local: LocalUpstream): Promise<string | undefined>;
}

export function createLocalExchange(parts: {
  /** Runs with the control repository's rights. */
  git: Git;
  /** Runs inside the person's repository, as its owner. */
  gitAsOwner: (local: LocalUpstream) => Git;
  /** The repository belongs to another user, who cannot read our state folder. */
  isForeign: (local: LocalUpstream) => boolean;
  gitDir: string;
  indexFolder: string;
  /** Contents of LFS files travel beside the objects. */
  lfs: Pick<Lfs, 'between'> & { handOver(pointers: readonly LfsPointer[], local: LocalUpstream): Promise<void> };
  log: Log;
}): LocalExchange {
  const { git, gitAsOwner, isForeign, gitDir, indexFolder, lfs, log } = parts;
  const intentFile = join(indexFolder, 'bring-along.json');
  const scratchFor = (local: LocalUpstream) => (isForeign(local) ? '/tmp' : indexFolder);
  const checkoutsOf = (local: LocalUpstream): Checkouts =>
    createCheckouts({
      git: gitAsOwner(local),
      scratch: scratchFor(local),
      owner: local.owner,
      ...(isForeign(local) ? {} : { objects: join(gitDir, 'objects') }),
    });

  /** Objects travel as a bundle: no hook, no transport and no configuration of theirs has a say in it. */
  const handOver = async (local: LocalUpstream, from: string): Promise<void> => {
    const folder = await mkdtemp(join(scratchFor(local), 'codex-builder-objects-'));
    try {
      await giveTo(folder, local.owner);
      const bundle = join(folder, 'objects.bundle');
      await gitText(git, { args: ['bundle', 'create', '-q', bundle, MAIN, `^${from}`], timeoutMs: WORK_MS });
      await giveTo(bundle, local.owner);
      await gitText(gitAsOwner(local), { args: ['bundle', 'unbundle', bundle], gitDir: local.commonDir, timeoutMs: WORK_MS });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  const has = async (local: LocalUpstream, commit: string): Promise<boolean> =>
    (await gitAsOwner(local)({ args: ['cat-file', '-e', `${commit}^{commit}`], gitDir: local.commonDir })).code === 0;

  const moveTheirs = async (local: LocalUpstream, from: string, to: string): Promise<boolean> => {
    const moved = await gitAsOwner(local)({ args: ['update-ref', '-m', 'Codex Builder: landed', MAIN, to, from], gitDir: local.commonDir });
    return moved.code === 0;
  };

  const bring: LocalExchange['bring'] = async (local, from, to) => {
    const left = (why: string, checkout: 'left' | 'none' = 'left'): BroughtLocal => ({ end: 'left', checkout, why });
    const checkouts = checkoutsOf(local);
    const onMain = await checkouts.onMain(local.commonDir);
    if (onMain.length > 0 && (await hasOwnFilters(local)))
      return left('its files go through git filters of its own, which Codex Builder does not run: update it with git yourself');
    const { filtered, pointers } = await lfs.between(from, to);
    await lfs.handOver(pointers, local);
    if (onMain.length > 0 && filtered.length > 0) {
      // What is left to its owner must at least be there for its owner.
      if (!(await has(local, to))) await handOver(local, from);
      return left(whyFiltered(filtered, to));
    }
    if (isForeign(local)) await handOver(local, from);
    for (const checkout of onMain) {
      const why = await checkouts.inTheWay(checkout, from, to);
      if (why !== undefined) return left(why);
    }
    if (!isForeign(local)) await handOver(local, from);

    const [first, ...others] = onMain;
    if (first === undefined) {
      return (await moveTheirs(local, from, to)) ? { end: 'brought', checkout: 'none' } : left('main moved there meanwhile', 'none');
    }
    await writeDurably(intentFile, JSON.stringify({ from, to, checkouts: onMain } satisfies Intent));
    let hasMoved = false;
    const why = await checkouts.move(first, from, to, async () => (hasMoved = await moveTheirs(local, from, to)));
    if (why !== undefined) {
      // Nothing was written unless main had moved; then the next call mends what is half done.
      if (!hasMoved) await rm(intentFile, { force: true });
      return left(why);
    }
    for (const checkout of others) {
      const problem = await checkouts.move(checkout, from, to, async () => true);
      if (problem !== undefined) log('warn', 'a checkout of the upstream repository was left behind its main', { why: problem });
    }
    await rm(intentFile, { force: true });
    return { end: 'brought', checkout: 'updated' };
  };

  const finishInterrupted: LocalExchange['finishInterrupted'] = async (local) => {
    const text = await textOf(intentFile);
    if (text === undefined) return undefined;
    const checkouts = checkoutsOf(local);
    const intent = JSON.parse(text) as Intent;
    const at = (await gitAsOwner(local)({ args: ['rev-parse', '--verify', '--quiet', MAIN], gitDir: local.commonDir })).stdout
      .toString('utf8')
      .trim();
    const onMain = await checkouts.onMain(local.commonDir);
    let problem: string | undefined;
    for (const checkout of intent.checkouts) {
      await checkouts.unlock(checkout);
      if (at !== intent.to || !onMain.some((each) => each.gitDir === checkout.gitDir)) continue;
      const why = await checkouts.restore(checkout, intent.from, intent.to);
      if (why !== undefined) problem = why;
      else if ((await checkouts.inTheWay(checkout, intent.from, intent.to)) === undefined) {
        problem = await checkouts.move(checkout, intent.from, intent.to, async () => true);
      }
    }
    await rm(intentFile, { force: true });
    return problem;
  };

  return { bring, finishInterrupted };
}
