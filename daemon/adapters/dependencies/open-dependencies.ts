import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { Clock, Dependencies, Ids, Log, Repository, Sandbox, SetUpOutcome, SetUpRequest } from '../../ports.ts';
import { makeReachable } from './capture.ts';
import { createFilling, type Filled } from './fill.ts';
import { keyOf, plain, setupFolder } from './inputs.ts';
import { placeOf } from './place.ts';
import { copyTree } from './programs.ts';
import { openPackageAccess, type RegistryAccess } from './registry.ts';
import { type Entry, openShelf } from './shelf.ts';

export interface DependenciesOptions {
  stateFolder: string;
  sandbox: Sandbox;
  repository: Pick<Repository, 'listFiles' | 'treeOf' | 'furnish' | 'forgetSubmodules'>;
  registry: RegistryAccess;
  /** The node that programs inside run. */
  nodePath: string;
  /** Entries that nobody uses go after this long, or when all together take more than this. */
  limits: { unusedMs: number; maxBytes: number };
  clock: Clock;
  ids: Pick<Ids, 'randomHex'>;
  log: Log;
}

const APP = '/app';
/** Longer than a slot is ever held. */
const RECENT_MS = 7 * 86_400_000;

interface Mounted {
  host: string;
  inside: string;
}
type Failed = Exclude<SetUpOutcome, { end: 'ready' }>;
type Completed = { shared: readonly Mounted[] } | Failed;

/** Dependencies of an app: made by its own setup command in the sandbox, kept by what they are made of, mounted with each worktree. */
export function openDependencies(options: DependenciesOptions): Dependencies {
  const { sandbox, repository, stateFolder, clock, ids } = options;
  const root = join(stateFolder, 'dependencies');
  const envFolder = join(stateFolder, 'env');
  const shelf = openShelf({ root, sandbox, clock, ids });
  const access = openPackageAccess(options.registry, root, options.nodePath, sandbox.capabilities.mounts);
  const filling = createFilling({ sandbox, shelf, access, clock });

  /** Completes the checkout itself, and gives it to the seat again when that changed it. */
  async function complete({ worktree, commit, seat, signal }: SetUpRequest): Promise<Completed> {
    const furnished = await repository.furnish({ folder: worktree, at: commit, signal });
    if (!furnished.ok) return { end: 'failed', detail: furnished.detail };
    if (furnished.changed) await sandbox.own(worktree, seat);
    return { shared: furnished.submodules.map(({ path, folder }) => ({ host: folder, inside: posix.join(APP, path) })) };
  }

  /** The entry that serves this commit, made now when there is none yet. */
  async function entryFor(request: SetUpRequest, command: string, shared: readonly Mounted[]): Promise<Filled> {
    const { worktree, commit, setup, trusted, log } = request;
    const files = new Set(await repository.listFiles(commit));
    const folder = setupFolder(files, setup);
    const system = { node: process.version, platform: process.platform, arch: process.arch, shared };
    const key = await keyOf(worktree, files, folder, setup, system);
    // What a program of an unapproved commit makes must never be given to another: it is kept for exactly this tree.
    const own = trusted ? key : await keyOf(worktree, files, folder, setup, { ...system, tree: await repository.treeOf(commit) });
    const found = shelf.find(key) ?? shelf.find(own);
    if (found !== undefined) {
      log.write(`[what this makes is kept since ${new Date(found.madeAt).toISOString().slice(0, 16)}Z: nothing to do]\n`);
      return found;
    }
    const mounts = shared.map((each) => ({ ...each, mode: 'ro' as const }));
    return filling.fill({ ...request, key: own, command, files, folder, mounts });
  }

  /** Without mounts everything has to lie where the app looks for it. */
  const isWithin = ({ place }: SetUpRequest) => place === 'within' || !sandbox.capabilities.mounts;

  /** Puts what would be mounted into the worktree itself, as files like any other. */
  async function putWithin({ worktree, signal }: SetUpRequest, sources: readonly Mounted[]): Promise<void> {
    for (const { host, inside } of sources) {
      if (!inside.startsWith(`${APP}/`)) continue;
      const path = posix.relative(APP, inside);
      const above = posix.dirname(path);
      const there = lstatSync(join(worktree, path), { throwIfNoEntry: false });
      const isFree = there === undefined || (there.isDirectory() && readdirSync(join(worktree, path)).length === 0);
      if (!isFree || (above !== '.' && !makeReachable(worktree, above)))
        throw new Error(`${path} of the commit is in the way of what is to be put there`);
      await copyTree(host, join(worktree, path), signal);
    }
  }

  /** What an entry holds, for a seat, as it can be mounted with a worktree. */
  async function partsOf(
    entry: Entry,
    { worktree, seat, signal }: SetUpRequest,
  ): Promise<{ key: string; lower?: string; made: Mounted[] }> {
    const place = placeOf(worktree, sandbox);
    const tree = await shelf.treeFor(entry, seat, signal);
    shelf.use(entry, worktree);
    const at = (source: string) => entry.items.map(({ name, inside }) => ({ host: join(source, name), inside }));
    if (sandbox.capabilities.layers) {
      place.layer();
      return { key: entry.key, lower: tree, made: at(tree) };
    }
    const own = join(place.folder, 'made');
    mkdirSync(place.folder, { recursive: true, mode: 0o700 });
    await copyTree(tree, own, signal);
    return { key: entry.key, made: at(own) };
  }

  /** What an entry holds outside the app, for the commands that come next: a copy beside the folder, since a release keeps no entry. */
  async function putBeside(entry: Entry, { worktree, seat, signal }: SetUpRequest): Promise<void> {
    const outside = entry.items.filter(({ inside }) => !inside.startsWith(`${APP}/`));
    if (outside.length === 0) return;
    const { folder, write } = placeOf(worktree, sandbox);
    const own = join(folder, 'made');
    mkdirSync(own, { recursive: true, mode: 0o700 });
    for (const { name } of outside) await copyTree(join(entry.folder, entry.owner, name), join(own, name), signal);
    await sandbox.own(own, seat);
    write({ made: outside.map(({ name, inside }) => ({ host: join(own, name), inside })) });
  }

  /** Files of the state folder, readable for the seat. */
  async function copyFiles({ worktree, seat, setup, place }: SetUpRequest): Promise<{ copies: readonly Mounted[] } | Failed> {
    if (setup.copies.length === 0 || place === 'within') return { copies: [] };
    const folder = join(placeOf(worktree, sandbox).folder, 'files');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const copies: Mounted[] = [];
    for (const [index, { from, to }] of setup.copies.entries()) {
      const source = join(envFolder, from);
      if (!existsSync(source)) return { end: 'failed', detail: `there is no ${source}, which setup.copies names` };
      const host = join(folder, String(index));
      copyFileSync(source, host);
      chmodSync(host, 0o400);
      copies.push({ host, inside: posix.join(APP, plain(setup.appFolder), plain(to)) });
    }
    await sandbox.own(folder, seat);
    return { copies };
  }

  return {
    async provide(request) {
      const place = placeOf(request.worktree, sandbox);
      await place.clear();
      const completed = await complete(request);
      if ('end' in completed) return completed;
      const { shared } = completed;
      if (request.place === 'beside' && !sandbox.capabilities.mounts && shared.length + request.setup.copies.length > 0)
        return {
          end: 'failed',
          detail: 'submodules and setup.copies need a sandbox: set sandbox.provider in host.jsonc to another than "none"',
        };
      const copied = await copyFiles(request);
      if ('end' in copied) return copied;

      const { command } = request.setup;
      const again = async () => {
        await request.again();
        const completedAgain = await complete(request);
        if ('end' in completedAgain) throw new Error(completedAgain.detail);
      };
      const entry = command === undefined ? undefined : await entryFor({ ...request, again }, command, shared);
      if (entry !== undefined && 'end' in entry) return entry;

      if (isWithin(request)) {
        const tree = entry && join(entry.folder, entry.owner);
        const made = tree === undefined ? [] : entry!.items.map(({ name, inside }) => ({ host: join(tree, name), inside }));
        await putWithin(request, [...shared, ...made, ...copied.copies]);
        if (entry !== undefined && sandbox.capabilities.mounts) await putBeside(entry, request);
        return { end: 'ready' };
      }
      const parts = entry === undefined ? { made: [] } : await partsOf(entry, request);
      if (parts.made.length + shared.length + copied.copies.length > 0)
        place.write({ ...parts, shared: [...shared], copies: [...copied.copies] });
      return { end: 'ready' };
    },

    mountsAt: (worktree, who) => placeOf(worktree, sandbox).mounts(who),

    async prune({ all }) {
      await repository.forgetSubmodules(clock.now() - (all ? Math.min(RECENT_MS, options.limits.unusedMs) : options.limits.unusedMs));
      const removedBytes = await shelf.prune({
        ...options.limits,
        all,
        underWay: filling.underWay,
        has: (place, key) => existsSync(dirname(place)) && placeOf(place, sandbox).key() === key,
      });
      return { removedBytes };
    },
  };
}
