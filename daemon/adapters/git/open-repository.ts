import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log, Repository } from '../../ports.ts';
import { killTagged } from '../process-facts.ts';
import { createCommits } from './commits.ts';
import { ensureControlRepository, formatOnDisk } from './control.ts';
import { diffCommits } from './diff.ts';
import { writeDurably } from './durable.ts';
import { createGit, GitTrouble, gitEnvironment } from './git.ts';
import { createLanding } from './land.ts';
import { createMerges } from './merge.ts';
import { createMutex, createNamedMutex } from './mutex.ts';
import { MAIN } from './names.ts';
import { createRefs } from './refs.ts';
import { createSnapshots } from './snapshot.ts';
import { createUpstream, type UpstreamPlace } from './upstream.ts';
import { findLocalUpstream, type LocalUpstream, type UpstreamProblem } from './upstream-repository.ts';
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
  const upstream = createUpstream({ git, transportGit, gitAsOwner, locate, place, gitDir, indexFolder, isForeign, commits, refs, log });

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
      const fetched = await upstream.fetch();
      if (main !== undefined) {
        if (!fetched.ok) log('warn', 'upstream cannot be reached', { detail: fetched.detail });
        return { ok: true, main };
      }
      if (!fetched.ok) return { ok: false, detail: fetched.detail, remedy: 'It must be reachable and have a branch called main.' };
      if (!(await refs.change([{ ref: MAIN, from: undefined, to: fetched.theirs }], 'first fetch')))
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
    syncFromUpstream: upstream.syncFromUpstream,
    bringUpstreamAlong: upstream.bringUpstreamAlong,
    head: (ref) => refs.read(ref.startsWith('refs/') || /^[0-9a-f]{40,64}$/.test(ref) ? ref : `refs/heads/${ref}`),
    readFile: commits.readFile,
    listFiles: commits.listFiles,
    treeOf: async (commit) => (await commits.facts(commit)).tree,
    checkout: worktrees.checkout,
    ...createSnapshots({ git, commits, refs, worktrees, indexFolder, one }),
    diff: (base, head) => diffCommits(git, base, head),
    mergeBase: commits.mergeBase,
    isAncestor: commits.isAncestor,
    ...createMerges(git, commits, refs),
    ...createLanding(commits, refs),
  };
}
