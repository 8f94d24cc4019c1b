import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log, Repository, UpstreamState } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { writeDurably } from './durable.ts';
import { usesFilters } from './filters.ts';
import { giveTo, textOf } from './folders.ts';
import { type Git, GitTrouble, gitText, WORK_MS } from './git.ts';
import { createMutex } from './mutex.ts';
import { MAIN, UPSTREAM_MAIN } from './names.ts';
import type { Refs } from './refs.ts';
import { type Checkouts, createCheckouts } from './upstream-checkout.ts';
import type { LocalUpstream, PersonsCheckout } from './upstream-repository.ts';

/** Where the person's repository is: a folder of this machine or anything git can fetch from and push to. */
export type UpstreamPlace = { kind: 'path'; path: string } | { kind: 'remote'; url: string };

/** What was being done to the person's checkouts; on disk until it is done, so that the next call can finish it. */
interface Intent {
  from: string;
  to: string;
  checkouts: readonly PersonsCheckout[];
}

type BroughtAlong = UpstreamState & { checkout: 'updated' | 'left' | 'none'; why?: string };

/** Keeps the person's repository and the control repository in step, forward only and by compare-and-swap on both sides. */
export function createUpstream(parts: {
  /** Runs with the control repository's rights. */
  git: Git;
  /** Fetches from and pushes to the person's repository. */
  transportGit: Git;
  /** Runs inside the person's repository, as its owner. */
  gitAsOwner: (local: LocalUpstream) => Git;
  /** Looks at the person's repository again: it may have gone, come back or been replaced. */
  locate: () => Promise<{ ok: true; local?: LocalUpstream } | { ok: false; detail: string }>;
  place: UpstreamPlace;
  gitDir: string;
  indexFolder: string;
  /** The repository belongs to another user, who cannot read our state folder. */
  isForeign: (local: LocalUpstream) => boolean;
  commits: Commits;
  refs: Refs;
  log: Log;
}): Pick<Repository, 'syncFromUpstream' | 'bringUpstreamAlong'> & {
  fetch(signal?: AbortSignal): Promise<{ ok: true; theirs: string } | { ok: false; detail: string }>;
} {
  const { git, transportGit, gitAsOwner, place, gitDir, indexFolder, commits, refs } = parts;
  const scratchFor = (local: LocalUpstream) => (parts.isForeign(local) ? '/tmp' : indexFolder);
  const one = createMutex();
  const address = place.kind === 'path' ? place.path : place.url;
  const intentFile = join(indexFolder, 'bring-along.json');
  let leftBecause = 'not brought along yet';

  const fetch = async (signal?: AbortSignal): Promise<{ ok: true; theirs: string } | { ok: false; detail: string }> => {
    const found = await parts.locate();
    if (!found.ok) return found;
    try {
      const fetched = await refs.alone(() =>
        transportGit({
          args: [
            ...[
              'fetch',
              '-q',
              '--no-tags',
              '--no-write-fetch-head',
              '--no-auto-maintenance',
              '--no-recurse-submodules',
              '--end-of-options',
            ],
            ...[found.local?.commonDir ?? address, `+${MAIN}:${UPSTREAM_MAIN}`],
          ],
          gitDir,
          timeoutMs: WORK_MS,
          ...(signal ? { signal } : {}),
        }),
      );
      if (fetched.code !== 0) return { ok: false, detail: `${address}: ${lastLine(fetched.stderr)}` };
    } catch (error) {
      if (!(error instanceof GitTrouble)) throw error;
      return { ok: false, detail: `${address}: ${error.message}` };
    }
    const theirs = await refs.read(UPSTREAM_MAIN);
    return theirs === undefined ? { ok: false, detail: `${address} has no main` } : { ok: true, theirs };
  };

  const ours = async (): Promise<string> => {
    const main = await refs.read(MAIN);
    if (main === undefined) throw new GitTrouble('the control repository has no main');
    return main;
  };

  const relation = async (main: string, theirs: string): Promise<'same' | 'ours_newer' | 'theirs_newer' | 'diverged'> => {
    if (main === theirs) return 'same';
    if (await commits.isAncestor(theirs, main)) return 'ours_newer';
    return (await commits.isAncestor(main, theirs)) ? 'theirs_newer' : 'diverged';
  };

  const diverged = async (main: string, theirs: string): Promise<UpstreamState> => ({
    state: 'diverged',
    ours: await commits.count(main, theirs),
    theirs: await commits.count(theirs, main),
  });

  const ahead = async (main: string, theirs: string): Promise<UpstreamState> => ({
    state: 'ahead',
    by: await commits.count(main, theirs),
    why: leftBecause,
  });

  const left = async (main: string, theirs: string, why: string, checkout: 'left' | 'none'): Promise<BroughtAlong> => {
    leftBecause = why;
    return { ...(await ahead(main, theirs)), checkout, why };
  };

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

  const moveTheirs = async (local: LocalUpstream, from: string, to: string): Promise<boolean> => {
    const moved = await gitAsOwner(local)({ args: ['update-ref', '-m', 'Codex Builder: landed', MAIN, to, from], gitDir: local.commonDir });
    return moved.code === 0;
  };

  const bringLocal = async (local: LocalUpstream, checkouts: Checkouts, theirs: string, main: string): Promise<BroughtAlong> => {
    const filter = await usesFilters(commits, local, [theirs, main]);
    const onMain = await checkouts.onMain(local.commonDir);
    if (onMain.length > 0 && filter !== undefined) return left(main, theirs, filter, 'left');
    if (parts.isForeign(local)) await handOver(local, theirs);
    for (const checkout of onMain) {
      const why = await checkouts.inTheWay(checkout, theirs, main);
      if (why !== undefined) return left(main, theirs, why, 'left');
    }
    if (!parts.isForeign(local)) await handOver(local, theirs);

    const [first, ...others] = onMain;
    if (first === undefined) {
      if (!(await moveTheirs(local, theirs, main))) return left(main, theirs, 'main moved there meanwhile', 'none');
    } else {
      await writeDurably(intentFile, JSON.stringify({ from: theirs, to: main, checkouts: onMain } satisfies Intent));
      let hasMoved = false;
      const why = await checkouts.move(first, theirs, main, async () => (hasMoved = await moveTheirs(local, theirs, main)));
      if (why !== undefined) {
        // Nothing was written unless main had moved; then the next call mends what is half done.
        if (!hasMoved) await rm(intentFile, { force: true });
        return left(main, theirs, why, 'left');
      }
      for (const checkout of others) {
        const problem = await checkouts.move(checkout, theirs, main, async () => true);
        if (problem !== undefined) parts.log('warn', 'a checkout of the upstream repository was left behind its main', { why: problem });
      }
      await rm(intentFile, { force: true });
    }
    await refs.change([{ ref: UPSTREAM_MAIN, from: theirs, to: main }], 'brought along');
    return { state: 'in_step', checkout: first === undefined ? 'none' : 'updated' };
  };

  const finishInterrupted = async (local: LocalUpstream, checkouts: Checkouts): Promise<string | undefined> => {
    const text = await textOf(intentFile);
    if (text === undefined) return undefined;
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

  const toRemote = async (theirs: string, main: string, signal: AbortSignal): Promise<BroughtAlong> => {
    const pushed = await transportGit({
      args: ['push', '-q', '--no-verify', '--no-follow-tags', '--recurse-submodules=no', '--end-of-options', address, `${main}:${MAIN}`],
      gitDir,
      timeoutMs: WORK_MS,
      signal,
    });
    if (pushed.code !== 0) return left(main, theirs, lastLine(pushed.stderr), 'none');
    await refs.change([{ ref: UPSTREAM_MAIN, from: theirs, to: main }], 'brought along');
    return { state: 'in_step', checkout: 'none' };
  };

  return {
    fetch,

    syncFromUpstream: (signal) =>
      one(async () => {
        const fetched = await fetch(signal);
        const main = await ours();
        if (!fetched.ok) return { state: 'offline', detail: fetched.detail, main };
        switch (await relation(main, fetched.theirs)) {
          case 'same':
            return { state: 'in_step', main };
          case 'ours_newer':
            return { ...(await ahead(main, fetched.theirs)), main };
          case 'diverged':
            return { ...(await diverged(main, fetched.theirs)), main };
          case 'theirs_newer': {
            if (await refs.change([{ ref: MAIN, from: main, to: fetched.theirs }], 'upstream')) {
              return { state: 'in_step', main: fetched.theirs, movedFrom: main };
            }
            // Something landed between the look and the move: theirs is no longer ahead of ours.
            const now = await ours();
            return { ...(await diverged(now, fetched.theirs)), main: now };
          }
        }
      }),

    bringUpstreamAlong: (signal) =>
      one(async (): Promise<BroughtAlong> => {
        const found = await parts.locate();
        if (!found.ok) return { state: 'offline', detail: found.detail, checkout: 'none' };
        const { local } = found;
        const checkouts =
          local &&
          createCheckouts({
            git: gitAsOwner(local),
            scratch: scratchFor(local),
            owner: local.owner,
            ...(parts.isForeign(local) ? {} : { objects: join(gitDir, 'objects') }),
          });
        const interrupted = local && checkouts ? await finishInterrupted(local, checkouts) : undefined;
        const fetched = await fetch(signal);
        if (!fetched.ok) return { state: 'offline', detail: fetched.detail, checkout: 'none' };
        const main = await ours();
        switch (await relation(main, fetched.theirs)) {
          case 'same':
            return interrupted === undefined
              ? { state: 'in_step', checkout: 'none' }
              : { state: 'in_step', checkout: 'left', why: interrupted };
          case 'theirs_newer':
            return { state: 'in_step', checkout: 'none', why: 'main there is newer; it is fetched before the next merge' };
          case 'diverged':
            return { ...(await diverged(main, fetched.theirs)), checkout: 'none' };
          case 'ours_newer':
            return local && checkouts
              ? bringLocal(local, checkouts, fetched.theirs, main).catch((error: unknown) => {
                  if (!(error instanceof GitTrouble)) throw error;
                  return left(main, fetched.theirs, error.message, 'left');
                })
              : toRemote(fetched.theirs, main, signal);
        }
      }),
  };
}

const lastLine = (text: string): string =>
  text
    .trim()
    .split('\n')
    .at(-1)!
    .replace(/^(error|fatal): /, '');
