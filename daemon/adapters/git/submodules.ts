import { Buffer } from 'node:buffer';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { runProgram } from '../spawn.ts';
import { ensureControlRepository } from './control.ts';
import { kindOf } from './folders.ts';
import { type Git, GitTrouble, gitBytes, gitText, WORK_MS } from './git.ts';
import type { Mutex } from './mutex.ts';
import { fullHash } from './names.ts';
import { pathText, splitNul } from './path-text.ts';
import { withPrivateIndex } from './private-index.ts';
import type { UpstreamPlace } from './upstream-tip.ts';

/** The files of one submodule. */
export interface Submodule {
  /** In the worktree. */
  path: string;
  /** On disk, for everybody to read and nobody to write. */
  folder: string;
}

export type SubmodulesOutcome = { ok: true; submodules: readonly Submodule[] } | { ok: false; detail: string };

interface Gitlink {
  path: string;
  commit: string;
  name: string;
  url: string;
}

/** Where the commits of a submodule may be had: folders of the person's repository, and an address. */
interface Sources {
  folders: readonly string[];
  url: string | undefined;
}

/** How deep submodules of submodules are followed. */
const DEPTH = 5;

/**
 * Makes the files of submodules, once per commit, submodules of submodules included. A commit's name is what is trusted: what main names
 * is fetched from where the person has it, and a run can neither name another one nor another place.
 */
export function createSubmodules(parts: {
  git: Git;
  transportGit: Git;
  /** Repository of our own for their commits. */
  gitDir: string;
  folder: string;
  indexFolder: string;
  place: UpstreamPlace;
  path: string;
  alone: Mutex;
}): {
  /** `declared`: the commit whose `.gitmodules` say where they are. */
  of(commit: string, declared: string, commonDir: string | undefined, gitDir: string, signal: AbortSignal): Promise<SubmodulesOutcome>;
  prune(unusedSince: number): Promise<void>;
} {
  const { git, transportGit, gitDir: own, folder, indexFolder, place, alone } = parts;

  /** Gitlinks of a commit in a repository, by what its `.gitmodules` (or those of another commit) say of them. */
  const gitlinks = async (gitDir: string, commit: string, declared: string): Promise<readonly Gitlink[]> => {
    const listed = splitNul(await gitBytes(git, { args: ['ls-tree', '-r', '-z', '--full-tree', fullHash(commit)], gitDir }));
    const links = listed.flatMap((entry) => {
      const [, object, path] = /^160000 commit ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
      return path === undefined ? [] : [{ path, commit: object! }];
    });
    if (links.length === 0) return [];
    const said = await git({ args: ['config', '-z', `--blob=${fullHash(declared)}:.gitmodules`, '--get-regexp', '^submodule\\.'], gitDir });
    const modules = new Map<string, { path?: string; url?: string }>();
    for (const line of said.code === 0 ? splitNul(said.stdout) : []) {
      const [, name, key, value] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(line) ?? [];
      if (name !== undefined) modules.set(name, { ...modules.get(name), [key!]: value! });
    }
    return links.map(({ path, commit: at }) => {
      const [name, module] = [...modules].find(([, each]) => each.path === path) ?? [path, {}];
      return { path, commit: at, name, url: module.url ?? '' };
    });
  };

  const isThere = async (commit: string) => (await git({ args: ['cat-file', '-e', `${commit}^{tree}`], gitDir: own })).code === 0;

  const fetch = async (commit: string, { folders, url }: Sources, signal: AbortSignal): Promise<boolean> => {
    const fixed = [
      'fetch',
      '-q',
      '--depth=1',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--no-recurse-submodules',
      '--end-of-options',
    ];
    for (const from of [...folders.filter((each) => existsSync(each)), ...(url === undefined ? [] : [url])]) {
      const args = [...fixed, from, `${commit}:refs/codex-builder/submodule/${commit}`];
      const fetched = await transportGit({ args, gitDir: own, timeoutMs: WORK_MS, signal });
      if (fetched.code === 0 && (await isThere(commit))) return true;
    }
    return false;
  };

  const writeFiles = async (
    link: Gitlink,
    into: string,
    sources: Sources,
    depth: number,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    const { commit } = link;
    if (!(await isThere(commit)) && !(await fetch(commit, sources, signal))) return whereToGet(link, place);
    await mkdir(into, { recursive: true });
    await withPrivateIndex(indexFolder, `submodule ${commit} ${depth}`, async (index) => {
      const call = { gitDir: own, workTree: into, cwd: into, env: { GIT_INDEX_FILE: index }, timeoutMs: WORK_MS, signal };
      await gitText(git, { ...call, args: ['read-tree', commit] });
      await gitText(git, { ...call, args: ['checkout-index', '-a', '-f', '-q'] });
    });
    for (const inner of await gitlinks(own, commit, commit)) {
      if (depth >= DEPTH) return `submodules are nested more than ${DEPTH} deep at ${pathText(link.path)}`;
      const below: Sources = {
        folders: isPlainName(inner.name) ? sources.folders.map((each) => join(each, 'modules', inner.name)) : [],
        url: remoteUrl(inner.url, sources.url),
      };
      const trouble = await writeFiles(inner, join(into, textOfPath(inner.path)), below, depth + 1, signal);
      if (trouble !== undefined) return trouble;
    }
    return undefined;
  };

  const make = async (link: Gitlink, sources: Sources, signal: AbortSignal): Promise<string | undefined> => {
    const done = join(folder, link.commit);
    if ((await kindOf(done)) === 'folder') {
      const now = new Date();
      await utimes(done, now, now);
      return undefined;
    }
    const begun = join(folder, `new-${link.commit}`);
    await rm(begun, { recursive: true, force: true });
    const trouble = await writeFiles(link, begun, sources, 0, signal);
    if (trouble !== undefined) {
      await rm(begun, { recursive: true, force: true });
      return trouble;
    }
    const opened = await runProgram({
      argv: ['chmod', '-R', 'a+rX,go-w', '--', begun],
      cwd: '/',
      env: { PATH: parts.path, LC_ALL: 'C' },
      timeoutMs: WORK_MS,
    });
    if (opened.end !== 'exited' || opened.code !== 0) throw new GitTrouble(`${begun} could not be opened to readers`);
    await rename(begun, done);
    return undefined;
  };

  return {
    of: (commit, declared, commonDir, gitDir, signal) =>
      alone(async () => {
        const links = await gitlinks(gitDir, commit, declared);
        if (links.length === 0) return { ok: true, submodules: [] };
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await ensureControlRepository((call) => git({ gitDir: own, ...call }), own, commit.length === 64 ? 'sha256' : 'sha1');
        const submodules: Submodule[] = [];
        for (const link of links) {
          const at = textOfPath(link.path);
          const checkout = commonDir !== undefined && basename(commonDir) === '.git' ? [join(dirname(commonDir), at, '.git')] : [];
          const kept = commonDir !== undefined && isPlainName(link.name) ? [join(commonDir, 'modules', link.name)] : [];
          const trouble = await make(
            link,
            { folders: [...kept, ...checkout], url: place.kind === 'remote' ? remoteUrl(link.url, place.url) : undefined },
            signal,
          );
          if (trouble !== undefined) return { ok: false, detail: trouble };
          submodules.push({ path: at, folder: join(folder, link.commit) });
        }
        return { ok: true, submodules };
      }),

    prune: (unusedSince) =>
      alone(async () => {
        if ((await kindOf(folder)) === 'missing') return;
        for (const name of await readdir(folder)) {
          const each = join(folder, name);
          if ((await stat(each)).mtimeMs < unusedSince) await rm(each, { recursive: true, force: true });
        }
      }),
  };
}

const textOfPath = (path: string): string => Buffer.from(path, 'latin1').toString('utf8');

/** A name that stays within the folder it is looked up in. */
function isPlainName(name: string): boolean {
  return name !== '' && !isAbsolute(name) && !name.split('/').some((part) => part === '..' || part === '.' || part === '');
}

/** An address that may be fetched from: `https` and `ssh`, also when it was given relative to such a one. Files of this machine are none. */
export function remoteUrl(url: string, base: string | undefined): string | undefined {
  const whole = /^\.\.?\//.test(url) && base !== undefined ? resolveUrl(base, url) : url;
  return /^(https|ssh):\/\/[^-]/.test(whole) || /^[\w.-]+@[\w.][\w.-]*:[^/-]/.test(whole) ? whole : undefined;
}

/** As git does: each `../` takes off a part of the address. */
function resolveUrl(base: string, url: string): string {
  let at = base.replace(/\/+$/, '');
  let rest = url;
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2);
    else if (rest.startsWith('../')) {
      const cut = Math.max(at.lastIndexOf('/'), at.lastIndexOf(':'));
      if (cut < 0) return url;
      at = at.slice(0, at[cut] === ':' ? cut + 1 : cut);
      rest = rest.slice(3);
    } else return at.endsWith(':') ? `${at}${rest}` : `${at}/${rest}`;
  }
}

function whereToGet({ path, commit }: Gitlink, place: UpstreamPlace): string {
  const what = `the submodule ${pathText(path)} (${commit.slice(0, 12)})`;
  return place.kind === 'path'
    ? `${what} is not in ${place.path}. Run: git -C ${place.path} submodule update --init --recursive`
    : `${what} cannot be fetched. Push it to where .gitmodules says it is, by https or ssh.`;
}
