import type { FileDiff } from '#shared/review.ts';
import { createDiffSections, type DiffSection } from './diff-sections.ts';
import { type Git, GitTrouble, gitBytes, WORK_MS } from './git.ts';
import { fullHash } from './names.ts';
import { pathText, splitNul } from './path-text.ts';

const PATCH_BYTES_PER_FILE = 2 * 1024 * 1024;
const PATCH_BYTES = 64 * 1024 * 1024;

const PLAIN = '100644';
const ABSENT = '000000';

/** One changed entry as git lists it. Paths are one character a byte. */
export interface RawChange {
  status: string;
  oldMode: string;
  newMode: string;
  oldObject: string;
  newObject: string;
  path: string;
  oldPath?: string;
}

/**
 * Compares two commits in the object store alone. There is no work tree and no index, so no `.gitattributes`
 * of either side is read: what git calls binary here is a NUL byte among the first 8000, and nothing else.
 */
export async function diffCommits(git: Git, base: string, head: string): Promise<readonly FileDiff[]> {
  const common = [
    'diff-tree',
    '-r',
    '-M',
    '-l2000',
    '--no-ext-diff',
    '--no-textconv',
    '--no-color',
    '--ignore-submodules=none',
    '--full-index',
  ];
  const config = ['diff.algorithm=myers', 'diff.context=3', 'diff.noprefix=false', 'diff.orderFile=/dev/null', 'core.bigFileThreshold=1g'];
  const commits = [fullHash(base), fullHash(head)];
  const [listed, counted] = await Promise.all([
    gitBytes(git, { args: [...common, '--raw', '-z', ...commits], config, timeoutMs: WORK_MS }),
    gitBytes(git, { args: [...common, '--numstat', '-z', ...commits], config, timeoutMs: WORK_MS }),
  ]);
  const changes = parseRaw(splitNul(listed));
  const counts = parseNumstat(splitNul(counted));

  const sections = createDiffSections(PATCH_BYTES_PER_FILE, PATCH_BYTES);
  // Without -z names are quoted, so a newline in a name cannot forge a header.
  const patch = await git({ args: [...common, '-p', ...commits], config, timeoutMs: WORK_MS, onStdout: (chunk) => sections.add(chunk) });
  if (patch.code !== 0) throw new GitTrouble(`patch of ${base} and ${head}: ${patch.stderr}`);

  const patches = [...sections.finish()];
  // A file that became a link, or the other way round, is shown as one deleted and one added.
  const files = changes.map((change) => fileDiff(change, counts.get(change.path), patches.splice(0, change.status === 'T' ? 2 : 1)));
  if (patches.length > 0 || counts.size !== changes.length) throw new GitTrouble(`patch and list of ${base} and ${head} are out of step`);
  return files;
}

function fileDiff(change: RawChange, count: Count | undefined, parts: readonly DiffSection[]): FileDiff {
  if (!count || parts.length === 0) throw new GitTrouble(`no patch for ${pathText(change.path)}`);
  const hunks = parts.map((part) => part.hunks).join('');
  const truncated = parts.some((part) => part.truncated);
  return {
    path: pathText(change.path),
    ...(change.oldPath === undefined ? {} : { oldPath: pathText(change.oldPath) }),
    status: statusOf(change),
    additions: count.additions,
    deletions: count.deletions,
    binary: count.binary,
    ...modesOf(change),
    ...(count.binary || hunks === '' ? {} : { patch: hunks }),
    ...(truncated ? { truncated } : {}),
  };
}

/** Modes where one is not that of a plain file; both where they differ from each other. */
function modesOf({ oldMode, newMode }: RawChange): Pick<FileDiff, 'oldMode' | 'newMode'> {
  const differ = oldMode !== newMode && oldMode !== ABSENT && newMode !== ABSENT;
  const tells = (mode: string) => mode !== ABSENT && (mode !== PLAIN || differ);
  return { ...(tells(oldMode) ? { oldMode } : {}), ...(tells(newMode) ? { newMode } : {}) };
}

function statusOf(change: RawChange): FileDiff['status'] {
  switch (change.status) {
    case 'A':
      return 'added';
    case 'D':
      return 'deleted';
    case 'R':
      return 'renamed';
    default:
      return change.oldObject === change.newObject && change.oldMode !== change.newMode ? 'mode_changed' : 'modified';
  }
}

/** `:oldmode newmode oldobject newobject status` and one path, two for a rename. */
export function parseRaw(fields: readonly string[]): readonly RawChange[] {
  const changes: RawChange[] = [];
  for (let at = 0; at < fields.length; ) {
    const [, oldMode, newMode, oldObject, newObject, status] =
      /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*$/.exec(fields[at++]!) ?? [];
    const path = fields[at++];
    if (!oldMode || !newMode || !oldObject || !newObject || !status || path === undefined)
      throw new GitTrouble('unreadable list of changes');
    const change = { status, oldMode, newMode, oldObject, newObject };
    if (status === 'R' || status === 'C') changes.push({ ...change, path: fields[at++]!, oldPath: path });
    else changes.push({ ...change, path });
  }
  return changes;
}

interface Count {
  additions: number;
  deletions: number;
  binary: boolean;
}

/** `added TAB deleted TAB path`; for a rename the path is empty and both names follow. */
function parseNumstat(fields: readonly string[]): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  for (let at = 0; at < fields.length; ) {
    const [, added, deleted, path] = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(fields[at++]!) ?? [];
    if (added === undefined || deleted === undefined) throw new GitTrouble('unreadable counts of changes');
    const isRename = path === '';
    const name = isRename ? fields[at + 1]! : path!;
    if (isRename) at += 2;
    counts.set(name, { additions: Number(added) || 0, deletions: Number(deleted) || 0, binary: added === '-' });
  }
  return counts;
}
