import type { Held } from '../core/upstream-seen.ts';
import type { CommitLine, UpstreamState } from '../ports.ts';
import { IDENTITY } from './identity.ts';
import type { Parts } from './parts.ts';
import { noteUpstream } from './see-upstream.ts';

export type Synced = UpstreamState & { main: string };

type Considering = Pick<Parts, 'repository' | 'releases' | 'outbox' | 'settingsAt' | 'upstream' | 'ledger' | 'ids' | 'clock'>;

/** What the person's commits call for, derived from git and the releases alone, so that a crash forgets none and doubles none. */
export type Due =
  | { is: 'nothing' }
  /**
   * main there was rewritten. `isTheirsAlone`: what it lacks is neither ours nor was it ever live, so they have only mended
   * what they had pushed, and main follows. Otherwise a person decides.
   */
  | { is: 'rewritten'; commit: string; dropped: number; runs: readonly string[]; isTheirsAlone: boolean }
  | { is: 'conflict'; paths: readonly string[] }
  /** Both mains moved: `commit` merges them. */
  | { is: 'merge'; ours: string; theirs: string; commit: string; commits: number; title: string; refused?: string }
  /** Commits of theirs are on main and in no release that ever was healthy. `refused`: it was tried with just this main. */
  | { is: 'release'; commit: string; commits: number; title: string; refused?: string };

/** Commits that are looked at to name and count what arrived. */
const AT_MOST = 200;

/** Says what is due, and owes it where no person has to say so first. */
export async function considerUpstream(parts: Considering, synced: Synced): Promise<void> {
  const { outbox, ledger, settingsAt, ids } = parts;
  const due = await dueOf(parts, synced);
  const at = await settingsAt(synced.main);
  // Settings that cannot be read are the first thing its gate says.
  const isManual = at.ok && at.settings.deploy.upstream === 'manual';
  const refused = 'refused' in due ? due.refused : undefined;
  noteUpstream(parts, {
    rewritten: due.is === 'rewritten' && !due.isTheirsAlone ? { commit: due.commit, dropped: due.dropped, runs: due.runs } : undefined,
    held: heldBy(due),
    notLive:
      due.is !== 'release'
        ? undefined
        : refused !== undefined
          ? { commits: due.commits, why: 'failed', detail: refused }
          : isManual
            ? { commits: due.commits, why: 'manual' }
            : undefined,
  });
  const isOwed =
    refused === undefined && (due.is === 'merge' || (due.is === 'release' && !isManual) || (due.is === 'rewritten' && due.isTheirsAlone));
  if (!isOwed || outbox.isOpen('release_upstream')) return;
  const payload = { due: due.is, commit: due.commit };
  ledger.act({ actor: 'daemon', action: 'upstream_owed', subject: 'upstream', traceId: ids.randomHex(16), payload }, (tx) => {
    tx.owe('release_upstream', {});
    tx.hint('status');
  });
}

function heldBy(due: Due): Held | undefined {
  if (due.is === 'conflict') return { why: 'conflict', detail: conflictWords(due.paths) };
  return due.is === 'merge' && due.refused !== undefined ? { why: 'refused', detail: due.refused } : undefined;
}

export async function dueOf(parts: Pick<Parts, 'repository' | 'releases'>, synced: Synced): Promise<Due> {
  if (synced.state !== 'diverged') return newcomers(parts, synced.main);
  return synced.rewritten ? rewriting(parts, synced.main, synced.commit) : merging(parts, synced.main, synced.commit);
}

async function newcomers({ repository, releases }: Pick<Parts, 'repository' | 'releases'>, main: string): Promise<Due> {
  const arrived = await repository.arrived();
  if (arrived === undefined) return { is: 'nothing' };
  // What was in production once was released: if it is no longer there, a person has rolled it back.
  const furthest = releases.newestHealthy()?.commit_sha;
  if (furthest !== undefined && (await repository.isAncestor(arrived, furthest))) return { is: 'nothing' };
  return {
    is: 'release',
    commit: main,
    ...titleOf(await repository.commitsBetween(furthest, arrived, AT_MOST)),
    ...refusal(releases, main),
  };
}

async function merging({ repository, releases }: Pick<Parts, 'repository' | 'releases'>, ours: string, theirs: string): Promise<Due> {
  const lines = await repository.commitsBetween(ours, theirs, AT_MOST);
  const built = await repository.buildSync({
    ours,
    theirs,
    message: 'Merge main of the repository this came from\n',
    // The same two mains make the same commit, whenever it is built.
    identity: { ...IDENTITY, at: lines[0]?.at ?? 0 },
  });
  if (built.end === 'conflict') return { is: 'conflict', paths: built.paths };
  return { is: 'merge', ours, theirs, commit: built.commit, ...titleOf(lines), ...refusal(releases, built.commit) };
}

async function rewriting({ repository, releases }: Pick<Parts, 'repository' | 'releases'>, ours: string, theirs: string): Promise<Due> {
  const lines = await repository.commitsBetween(theirs, ours, AT_MOST);
  const furthest = releases.newestHealthy()?.commit_sha;
  const isTheirsAlone =
    lines.length < AT_MOST && !lines.some(isOurs) && (furthest === undefined || (await repository.isAncestor(furthest, theirs)));
  const runs = lines
    .filter((line) => isOurs(line) && line.subject.startsWith('Merge: '))
    .map((line) => line.subject.slice('Merge: '.length));
  return { is: 'rewritten', commit: theirs, dropped: lines.length, runs, isTheirsAlone };
}

function refusal(releases: Parts['releases'], commit: string): { refused?: string } {
  const row = releases.refused(commit);
  return row === undefined ? {} : { refused: row.reason ?? 'it failed' };
}

const isOurs = (line: CommitLine): boolean => line.committer === IDENTITY.email;

/** Counts and names the commits that people made; what we made and they built upon is not news. */
function titleOf(lines: readonly CommitLine[]): { commits: number; title: string } {
  const theirs = lines.filter((line) => !isOurs(line));
  const commits = Math.max(1, theirs.length);
  const last = (theirs[0] ?? lines[0])?.subject ?? '';
  const title = `${commits}${lines.length === AT_MOST ? '+' : ''} commit${commits === 1 ? '' : 's'} from your repository: ${last}`;
  return { commits, title: title.slice(0, 200) };
}

function conflictWords(paths: readonly string[]): string {
  const named = paths.slice(0, 5).join(', ');
  return `both changed ${named}${paths.length > 5 ? ` and ${paths.length - 5} more files` : ''}`;
}
