import { chmodSync, existsSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Clock, LogSink, ProcessOutcome, Sandbox, SandboxMount, SandboxNet, SetUpOutcome, SetUpRequest } from '../../ports.ts';
import { isReachable, whatSetupMade } from './capture.ts';
import { explainFailure } from './explain-failure.ts';
import { copyTree, diskUsage, hasHardLinks, syncFileSystem } from './programs.ts';
import type { PackageAccess } from './registry.ts';
import type { Entry, Shelf } from './shelf.ts';

export interface Fill extends SetUpRequest {
  key: string;
  command: string;
  /** Paths of the commit. */
  files: ReadonlySet<string>;
  /** Where setup runs, from the repository's root. */
  folder: string;
  /** What the checkout has besides. */
  mounts: readonly SandboxMount[];
}

export type Filled = Entry | Exclude<SetUpOutcome, { end: 'ready' }>;

const HOME = '/home/agent';
/** Where Corepack keeps the package managers it fetched: without it no later command could run `pnpm`. */
const COREPACK = '.cache/node/corepack';
const OUTPUT_BYTES = 20 * 1024 * 1024;
const END_CHARACTERS = 8_000;
type Denied = NonNullable<Extract<SandboxNet, { kind: 'allow' }>['onDenied']>;

/** Makes entries by running setup, one at a time for each name. */
export function createFilling(parts: {
  sandbox: Sandbox;
  shelf: Shelf;
  access: (network: 'registry' | 'none') => PackageAccess;
  clock: Clock;
}): { fill(request: Fill): Promise<Filled>; underWay: ReadonlySet<string> } {
  const { sandbox, shelf, clock } = parts;
  const filling = new Map<string, Promise<Filled>>();
  const underWay = new Set<string>();

  async function run(request: Fill, home: string, onDenied: Denied): Promise<ProcessOutcome> {
    const { setup, tag, seat, worktree, folder, command, log } = request;
    const { net, env, mounts } = parts.access(setup.network);
    await sandbox.own(home, seat);
    return sandbox.run({
      tag,
      seat,
      argv: ['/bin/sh', '-c', command],
      cwd: posix.join('/app', folder),
      mounts: [{ host: worktree, inside: '/app', mode: 'rw' }, { host: home, inside: HOME, mode: 'rw' }, ...mounts, ...request.mounts],
      env: { ...env, ...setup.env, ...request.env },
      net: net.kind === 'allow' ? { ...net, onDenied } : net,
      log,
      timeoutMs: request.timeoutMs,
      outputBytes: OUTPUT_BYTES,
      signal: request.signal,
    });
  }

  /** Moves what is to be kept out of the worktree, which is made clean again before anything of it is believed to be whole. */
  async function capture(request: Fill, folder: string, home: string): Promise<Entry> {
    const { worktree, files, setup, command, key, seat, log, signal } = request;
    const made = whatSetupMade(worktree, files, request.folder, setup.keep);
    const owner = shelf.ownerOf(seat);
    const tree = join(folder, owner);
    mkdirSync(tree, { mode: 0o700 });
    const sources = made.kept.map((path) => ({ from: join(worktree, path), inside: `/app/${path}` }));
    if (isReachable(home, COREPACK)) sources.push({ from: join(home, COREPACK), inside: `${HOME}/${COREPACK}` });
    const items = sources.map(({ inside }, index) => ({ name: String(index), inside }));
    for (const [index, { from }] of sources.entries()) {
      // A folder that changes its parent must be writable for who moves it.
      if (lstatSync(from).isDirectory()) chmodSync(from, 0o755);
      renameSync(from, join(tree, String(index)));
    }
    await shelf.remove(home);
    await request.again();
    if (await hasHardLinks(tree)) {
      // Whoever holds the other name could still change what is kept: copies have names of their own.
      await copyTree(tree, `${tree}.own`, signal);
      await shelf.remove(tree);
      renameSync(`${tree}.own`, tree);
    }
    await sandbox.own(tree, seat);
    await syncFileSystem(folder);
    if (made.others.length > 0) {
      log.write(
        `[also made and not kept: ${made.others.join(' ')}. Name what later commands need in setup.keep, or make it in preview.build and deploy.build.]\n`,
      );
    }
    return shelf.keep(folder, key, { owner, command, madeAt: clock.now(), bytes: await diskUsage(folder), items });
  }

  async function make(request: Fill): Promise<Filled> {
    const { setup, tag } = request;
    const survivors = await sandbox.sweep(tag);
    if (survivors.length > 0) return { end: 'failed', detail: `processes of an earlier setup cannot be ended: ${survivors.join(', ')}` };
    const folder = shelf.begin();
    underWay.add(folder);
    try {
      const home = join(folder, 'home');
      mkdirSync(home, { mode: 0o700 });
      const denied = { refused: new Set<string>(), unreachable: new Set<string>() };
      const output = keepEnd(request.log);
      const process = await run({ ...request, log: output }, home, (host, why) => denied[why].add(host));
      if (process.end === 'exited' && process.code === 0 && process.survivors.length === 0) return await capture(request, folder, home);
      const reach = parts.access(setup.network).net;
      const hosts = reach.kind === 'allow' ? { hosts: reach.hosts } : {};
      const [refused, unreachable] = [[...denied.refused], [...denied.unreachable]];
      return { end: 'failed', detail: explainFailure({ process, output: output.end(), ...hosts, refused, unreachable }), process };
    } finally {
      if (existsSync(folder)) await shelf.remove(folder);
      underWay.delete(folder);
    }
  }

  async function fill(request: Fill): Promise<Filled> {
    const under = filling.get(request.key);
    if (under !== undefined) {
      const theirs = await untilStopped(under, request.signal);
      // That theirs was stopped or failed says nothing about ours.
      return theirs !== undefined && 'key' in theirs ? theirs : fill(request);
    }
    const doing = make(request).finally(() => filling.delete(request.key));
    filling.set(request.key, doing);
    return doing;
  }

  return { fill, underWay };
}

/** A log whose end can be read. */
function keepEnd(log: LogSink): LogSink & { end(): string } {
  let end = '';
  return {
    write(chunk) {
      end = (end + chunk.toString()).slice(-END_CHARACTERS);
      log.write(chunk);
    },
    close: () => log.close(),
    end: () => end,
  };
}

/** What the others come to, undefined when they throw. Throws when we are to stop first. */
async function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let stop = () => {};
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
  });
  const result = await Promise.race([work.catch(() => undefined), stopped]);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  return result;
}
