/** Names of the refs we write. An identifier that could mean anything else to git is a bug of ours and throws. */

export const MAIN = 'refs/heads/main';
/** The newest commit that was on main both here and in the person's repository. */
export const UPSTREAM_MAIN = 'refs/codex-builder/upstream/main';
/** The person's main as it was last seen, whatever became of it. */
export const FETCHED = 'refs/codex-builder/upstream/fetched';
/** The newest commit of theirs, made there, that main has taken up. */
export const ARRIVED = 'refs/codex-builder/upstream/arrived';
/** What main was before it was taken over from a rewritten one, so that nothing is ever lost. */
export const keptRef = (commit: string): string => `refs/codex-builder/kept/${fullHash(commit)}`;

const IDENTIFIER = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,80}$/;
const BRANCH = /^codex\/run-[A-Za-z0-9_][A-Za-z0-9_-]{0,80}$/;
const FULL_HASH = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

function identifier(id: string): string {
  if (!IDENTIFIER.test(id)) throw new Error(`not an identifier: ${JSON.stringify(id)}`);
  return id;
}

/** Branch of a run, with or without `refs/heads/` in front, as a full ref name. */
export function branchRef(branch: string): string {
  const short = branch.startsWith('refs/heads/') ? branch.slice('refs/heads/'.length) : branch;
  if (!BRANCH.test(short)) throw new Error(`not a branch of a run: ${JSON.stringify(branch)}`);
  return `refs/heads/${short}`;
}

export const runBranchRef = (runId: string): string => `refs/heads/codex/run-${identifier(runId)}`;
export const candidateRef = (id: string): string => `refs/codex-builder/candidate/${identifier(id)}`;
export const releaseRef = (id: string): string => `refs/codex-builder/release/${identifier(id)}`;
export const proposalRef = (runId: string): string => `refs/codex-builder/proposal/${identifier(runId)}`;

/** Where the branch of an ended run is kept. */
export const archiveRef = (branch: string): string => `refs/codex-archive/${branchRef(branch).slice('refs/heads/codex/'.length)}`;

/** A full object name in lower-case hex; anything shorter or symbolic throws, so no revision syntax ever reaches git. */
export function fullHash(value: string): string {
  if (!FULL_HASH.test(value)) throw new Error(`not a full object name: ${JSON.stringify(value)}`);
  return value;
}

export const isFullHash = (value: string): boolean => FULL_HASH.test(value);

/** Whether a string is a plain full ref name: no revision syntax, no parent folder, nothing git would read as an option. */
export function isPlainRef(ref: string): boolean {
  return /^refs\/[A-Za-z0-9._/-]+$/.test(ref) && !ref.includes('..') && !ref.includes('//') && !ref.endsWith('/') && !ref.endsWith('.lock');
}
