import type { Clock } from '../../ports.ts';
import { type Git, GitTrouble, READ_MS, WORK_MS } from './git.ts';
import { FETCHED, isFullHash, MAIN } from './names.ts';
import type { Refs } from './refs.ts';
import type { LocalUpstream } from './upstream-repository.ts';

/** Where the person's repository is: a folder of this machine or anything git can fetch from and push to. */
export type UpstreamPlace = { kind: 'path'; path: string } | { kind: 'remote'; url: string };

export type Located = { ok: true; local?: LocalUpstream } | { ok: false; detail: string };

export type Tip = { ok: true; theirs: string } | { ok: false; detail: string };

/** How soon a remote that did not answer is asked again: at first, and at most. */
const AGAIN_MS = 30_000;
const AGAIN_AT_MOST_MS = 300_000;

/**
 * Asks where the person's main is now and has its commits here when it answers. Nothing is fetched while it stands
 * where it stood, and a remote that does not answer is left alone for a while.
 */
export function createTip(parts: {
  /** Fetches from and asks the person's repository. */
  transportGit: Git;
  locate: () => Promise<Located>;
  place: UpstreamPlace;
  gitDir: string;
  refs: Refs;
  clock: Pick<Clock, 'elapsed'>;
}): (signal?: AbortSignal) => Promise<Tip> {
  const { transportGit, place, gitDir, refs, clock } = parts;
  const address = place.kind === 'path' ? place.path : place.url;
  let silent: { detail: string; times: number; until: number } | undefined;

  const call = (args: readonly string[], timeoutMs: number, signal: AbortSignal | undefined) =>
    transportGit({ args, gitDir, timeoutMs, ...(signal ? { signal } : {}) });

  const askRemote = async (signal: AbortSignal | undefined): Promise<Tip> => {
    const asked = await call(['ls-remote', '-q', '--end-of-options', address, MAIN], READ_MS, signal);
    if (asked.code !== 0) return { ok: false, detail: lastLine(asked.stderr) };
    const [hash = ''] = asked.stdout.toString('latin1').split('\t');
    return isFullHash(hash) ? { ok: true, theirs: hash } : { ok: false, detail: 'there is no main' };
  };

  const bring = async (local: LocalUpstream | undefined, signal: AbortSignal | undefined): Promise<Tip> => {
    const asked = local === undefined ? await askRemote(signal) : { ok: true as const, theirs: local.main };
    const had = await refs.read(FETCHED);
    if (!asked.ok || asked.theirs === had) return asked;
    const options = ['-q', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--no-recurse-submodules', '--end-of-options'];
    const fetched = await refs.alone(() =>
      call(['fetch', ...options, local?.commonDir ?? address, `+${MAIN}:${FETCHED}`], WORK_MS, signal),
    );
    if (fetched.code !== 0) return { ok: false, detail: lastLine(fetched.stderr) };
    const theirs = await refs.read(FETCHED);
    return theirs === undefined ? { ok: false, detail: 'there is no main' } : { ok: true, theirs };
  };

  return async (signal) => {
    if (silent !== undefined && clock.elapsed() < silent.until) return { ok: false, detail: silent.detail };
    const found = await parts.locate();
    if (!found.ok) return found;
    const tip = await bring(found.local, signal).catch((error: unknown): Tip => {
      if (!(error instanceof GitTrouble)) throw error;
      return { ok: false, detail: error.message };
    });
    if (tip.ok) {
      silent = undefined;
      return tip;
    }
    const detail = `${address}: ${tip.detail}`;
    if (place.kind === 'remote') {
      const times = (silent?.times ?? 0) + 1;
      silent = { detail, times, until: clock.elapsed() + Math.min(AGAIN_AT_MOST_MS, AGAIN_MS * 2 ** (times - 1)) };
    }
    return { ok: false, detail };
  };
}

/** What git said last, without its own prefix. */
export const lastLine = (text: string): string =>
  text
    .trim()
    .split('\n')
    .at(-1)!
    .replace(/^(error|fatal): /, '');
