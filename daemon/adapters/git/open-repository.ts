import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Log, Repository } from '../../ports.ts';
import { killTagged } from '../process-facts.ts';
import { createAttributes } from './attributes.ts';
import { createCommits } from './commits.ts';
import { ensureControlRepository, formatOnDisk } from './control.ts';
import { diffCommits } from './diff.ts';
import { writeDurably } from './durable.ts';
import { createTextSearch } from './find-text.ts';
import { createGit, GitTrouble, gitEnvironment } from './git.ts';
import { createHistory } from './history.ts';
import { createLanding } from './land.ts';
import { createLfs } from './lfs.ts';
import { createLfsStore } from './lfs-store.ts';
import { createMerges } from './merge.ts';
import { createMutex, createNamedMutex } from './mutex.ts';
import { MAIN, UPSTREAM_MAIN } from './names.ts';
import { createProposals } from './propose.ts';
import { createRefs } from './refs.ts';
import { createResolutions } from './resolution.ts';
import { createRunBranches } from './run-branches.ts';
import { createSnapshots } from './snapshot.ts';
import { createStandings } from './standing.ts';
import { createSubmodules } from './submodules.ts';
import { createUpstream } from './upstream.ts';
import { createLocalExchange } from './upstream-local.ts';
import { findLocalUpstream, type LocalUpstream, type UpstreamProblem } from './upstream-repository.ts';
import { createTip, type UpstreamPlace } from './upstream-tip.ts';
import { createWorktrees } from './worktrees.ts';

/** What the repository needs to know. Paths are absolute; `gitDir` and `indexFolder` are the daemon's own. */
export interface RepositoryOptions {
  upstream: UpstreamPlace;
  gitDir: string;
  indexFolder: string;
  mainBranch: 'main';
  clock: Clock;
  log: Log;
  env: { path: string; sshAuthSock?: string };
}

/** The repository on git: a bare control repository of the daemon's own, and the person's repository as its upstream. */
export function openRepository(options: RepositoryOptions): Repository {
  const { gitDir, indexFolder, log, env, upstream: place } = options;
  const tag = `git:${gitDir}`;
  const globalConfig = join(indexFolder, 'upstream.gitconfig');
  const environment = gitEnvironment({ path: env.path, tag });
  const git = createGit({ gitDir, environment });
  const transportGit = createGit({
    gitDir,
    environment: gitEnvironment({ ...env, tag, globalConfig }),
    protocols: place.kind === 'path' ? ['file'] : ['file', 'https', 'ssh'],
  });
  const isForeign = (local: LocalUpstream) => process.getuid?.() === 0 && local.owner.uid !== 0;
  const becoming = (local: LocalUpstream) =>
    isForeign(local) ? ['setpriv', `--reuid=${local.owner.uid}`, `--regid=${local.owner.gid}`, '--clear-groups', '--'] : [];
  const gitAsOwner = (local: LocalUpstream) => createGit({ gitDir, environment, prefix: becoming(local) });

  const refs = createRefs(git, gitDir, createMutex());
  const commits = createCommits(git, gitDir, environment);
  const one = createNamedMutex();
  const worktrees = createWorktrees({ git, gitDir, refs, path: env.path, one });
  const locate = async (): Promise<{ ok: true; local?: LocalUpstream } | UpstreamProblem> => {
    if (place.kind === 'remote') return { ok: true };
    return findLocalUpstream(git, place.path);
  };
  const tip = createTip({ transportGit, locate, place, gitDir, refs, clock: options.clock });
  const attributes = createAttributes(git, gitDir, indexFolder);
  const store = createLfsStore(git, join(dirname(gitDir), 'lfs'), env.path);
  const lfs = createLfs({ git, commits, attributes, store });
  const submodules = createSubmodules({
    git,
    transportGit,
    gitDir: join(dirname(gitDir), 'submodules.git'),
    folder: join(dirname(gitDir), 'submodules'),
    indexFolder,
    place,
    path: env.path,
    alone: createMutex(),
  });
  const local = createLocalExchange({
    git,
    gitAsOwner,
    isForeign,
    gitDir,
    indexFolder,
    lfs: { between: lfs.between, handOver: (pointers, to) => store.handOver(pointers, to, becoming(to)) },
    log,
  });

  const furnish: Repository['furnish'] = async ({ folder, at, signal }) => {
    const found = await locate();
    const theirs = found.ok ? found.local : undefined;
    const placed = await one(folder, () => lfs.place(folder, at, theirs));
    if ('missing' in placed) {
      const where = place.kind === 'path' ? place.path : 'your repository';
      return {
        ok: false,
        detail: `${placed.missing} is kept by Git LFS, and its content is not in ${where}. Run: git -C ${where} lfs fetch --all`,
      };
    }
    const main = await refs.read(MAIN);
    const declared = main === undefined || (await commits.isAncestor(at, main)) ? at : main;
    const made = await submodules.of(at, declared, theirs?.commonDir, gitDir, signal);
    return made.ok ? { ok: true, changed: placed.placed > 0, submodules: made.submodules } : made;
  };

  const open: Repository['open'] = async () => {
    const alive = await killTagged(tag);
    if (alive.length > 0)
      return {
        ok: false,
        detail: `A git of an earlier daemon cannot be ended (${alive.join(', ')}).`,
        remedy: 'End it, then start again.',
      };
    try {
      await mkdir(indexFolder, { recursive: true, mode: 0o700 });
      // The only settings that reach the git at the other end of a local fetch: it may belong to another user.
      await writeDurably(globalConfig, '[safe]\n\tdirectory = *\n[uploadpack]\n\tallowAnySHA1InWant = true\n');
      const found = await locate();
      const format = await formatOnDisk(gitDir);
      if (!found.ok && format === undefined) return found;
      await ensureControlRepository(git, gitDir, format ?? (found.ok ? found.local?.format : undefined) ?? 'sha1');
      const main = await refs.read(MAIN);
      const fetched = await tip();
      if (main !== undefined) {
        if (!fetched.ok) log('warn', 'upstream cannot be reached', { detail: fetched.detail });
        return { ok: true, main };
      }
      if (!fetched.ok) return { ok: false, detail: fetched.detail, remedy: 'It must be reachable and have a branch called main.' };
      const first = { from: undefined, to: fetched.theirs };
      if (
        !(await refs.change(
          [MAIN, UPSTREAM_MAIN].map((ref) => ({ ref, ...first })),
          'first fetch',
        ))
      )
        throw new GitTrouble('somebody else writes main');
      return { ok: true, main: fetched.theirs };
    } catch (error) {
      if (!(error instanceof GitTrouble)) throw error;
      return { ok: false, detail: error.message, remedy: `Look at ${gitDir}; nothing but Codex Builder may write there.` };
    }
  };

  return {
    gitDir,
    open,
    ...createUpstream({ transportGit, tip, locate, place, gitDir, local, commits, refs, log }),
    ...createHistory(git, commits),
    head: (ref) => refs.read(ref.startsWith('refs/') || /^[0-9a-f]{40,64}$/.test(ref) ? ref : `refs/heads/${ref}`),
    readFile: commits.readFile,
    listFiles: commits.listFiles,
    ...createTextSearch(git),
    treeOf: async (commit) => (await commits.facts(commit)).tree,
    checkout: worktrees.checkout,
    furnish,
    forgetSubmodules: submodules.prune,
    ...createSnapshots({ git, lfs, commits, refs, worktrees, indexFolder, one }),
    ...createProposals({ git, commits, refs, indexFolder, one }),
    ...createRunBranches(commits, refs),
    ...createStandings(git, commits),
    ...createResolutions(git, commits),
    diff: (base, head) => diffCommits(git, base, head),
    mergeBase: commits.mergeBase,
    isAncestor: commits.isAncestor,
    ...createMerges(git, commits, refs),
    ...createLanding(commits, refs),
  };
}
