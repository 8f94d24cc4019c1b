import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log, Repository } from '../../ports.ts';
import { killTagged } from '../process-facts.ts';
import { createCommits } from './commits.ts';
import { ensureControlRepository, formatOnDisk } from './control.ts';
import { diffCommits } from './diff.ts';
import { writeDurably } from './durable.ts';
import { createGit, GitTrouble, gitEnvironment } from './git.ts';
import { createHistory } from './history.ts';
import { createLanding } from './land.ts';
import { createMerges } from './merge.ts';
import { createMutex, createNamedMutex } from './mutex.ts';
import { MAIN, UPSTREAM_MAIN } from './names.ts';
import { createProposals } from './propose.ts';
import { createRefs } from './refs.ts';
import { createResolutions } from './resolution.ts';
import { createRunBranches } from './run-branches.ts';
import { createSnapshots } from './snapshot.ts';
import { createStandings } from './standing.ts';
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
  const gitAsOwner = (local: LocalUpstream) =>
    createGit({
      gitDir,
      environment,
      ...(isForeign(local)
        ? { prefix: ['setpriv', `--reuid=${local.owner.uid}`, `--regid=${local.owner.gid}`, '--clear-groups', '--'] }
        : {}),
    });

  const refs = createRefs(git, gitDir, createMutex());
  const commits = createCommits(git, gitDir, environment);
  const one = createNamedMutex();
  const worktrees = createWorktrees({ git, gitDir, refs, path: env.path, one });
  const locate = async (): Promise<{ ok: true; local?: LocalUpstream } | UpstreamProblem> => {
    if (place.kind === 'remote') return { ok: true };
    return findLocalUpstream(git, place.path);
  };
  const tip = createTip({ transportGit, locate, place, gitDir, refs, clock: options.clock });
  const local = createLocalExchange({ git, gitAsOwner, isForeign, gitDir, indexFolder, commits, log });

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
      // The only setting that reaches the git at the other end of a local fetch: it may belong to another user.
      await writeDurably(globalConfig, '[safe]\n\tdirectory = *\n');
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
    treeOf: async (commit) => (await commits.facts(commit)).tree,
    checkout: worktrees.checkout,
    ...createSnapshots({ git, commits, refs, worktrees, indexFolder, one }),
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
