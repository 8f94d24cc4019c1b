import { posix } from 'node:path';
import type { Settings, Site } from '../config/settings.ts';
import type { BriefInput } from '../core/brief.ts';
import type { Run } from '../core/run.ts';
import type { LogSink, Sandbox, SetupSpec } from '../ports.ts';
import { withLastWords } from './last-words.ts';
import type { Context, Parts } from './parts.ts';
import { judge } from './run-command.ts';

export interface SetUp {
  /** Whose checkout it is: a run's, or that of a release that belongs to none. */
  run: Pick<Run, 'id'>;
  /** Of the log, and of the process tag. */
  name: string;
  commit: string;
  branch?: string;
  /** Clean checkout of the commit, the seat's own. */
  folder: string;
  seat: number;
  settings: Settings;
}

/**
 * Gives a clean checkout what it needs besides its commit: dependencies (made by the app's setup command, or kept from before), submodules,
 * files of the state folder. Always called after a checkout, so that nothing of what lay there before is seen. Answers what is wrong.
 */
export async function setUp(parts: Parts, context: Pick<Context, 'signal' | 'openLog'>, request: SetUp): Promise<string | undefined> {
  const { run, name, commit, branch, folder, seat, settings } = request;
  const { repository, sandbox, dependencies, environment } = parts;
  const setup = setupOf(settings);
  const env = environment.of('setup');
  const log = whenWritten(() => context.openLog(name));
  let failed: string;
  let hasRun: boolean;
  try {
    if (setup.command !== undefined) log.write(`$ ${setup.command}\n`);
    const main = await repository.head('refs/heads/main');
    const outcome = await dependencies.provide({
      tag: `${run.id}/${name}`,
      seat,
      worktree: folder,
      commit,
      trusted: main !== undefined && (await repository.isAncestor(commit, main)),
      setup,
      env,
      place: 'beside',
      again: async () => {
        const ready = await repository.checkout({
          folder,
          at: commit,
          ...(branch === undefined ? {} : { branch }),
          signal: context.signal,
        });
        if (!ready.ok) throw new Error(ready.detail);
        await sandbox.own(folder, seat);
      },
      timeoutMs: settings.timeouts.setupMs,
      log,
      signal: context.signal,
    });
    if (outcome.end === 'ready') return undefined;
    const how = outcome.process === undefined ? undefined : judge(outcome.process, settings.timeouts.setupMs).detail;
    const detail = how === undefined ? outcome.detail : `${how}: ${outcome.detail}`;
    log.write(`\n[${detail}]\n`);
    if (outcome.process !== undefined && outcome.process.survivors.length > 0)
      throw new Error(`${name} left processes that could not be ended: ${outcome.process.survivors.join(', ')}`);
    failed = detail;
    hasRun = outcome.process !== undefined;
  } finally {
    await log.close();
  }
  return hasRun ? withLastWords(parts, failed, run.id, name) : failed;
}

/** A log that is not there as long as there is nothing to say. */
function whenWritten(open: () => LogSink): LogSink {
  let log: LogSink | undefined;
  return {
    write(chunk) {
      log ??= open();
      log.write(chunk);
    },
    close: async () => log?.close(),
  };
}

/** What the settings say of setup. */
export function setupOf({ setup, folder }: Settings): SetupSpec {
  return {
    ...(setup?.command === undefined ? {} : { command: setup.command }),
    ...(setup?.folder === undefined ? {} : { folder: setup.folder }),
    env: setup?.env ?? {},
    appFolder: folder,
    network: setup?.network ?? 'none',
    keep: setup?.keep ?? [],
    inputs: setup?.inputs ?? [],
    copies: setup?.copies ?? [],
  };
}

/** What an agent has to know of its worktree besides the commit. */
export function placeOf({ dependencies }: Pick<Parts, 'dependencies'>, worktree: string, { folder }: Settings): BriefInput['place'] {
  const mounts = dependencies.mountsAt(worktree, 'agent').filter(({ inside }) => inside.startsWith('/app/'));
  const paths = (mode: 'ro' | 'rw') => mounts.filter((mount) => mount.mode === mode).map(({ inside }) => inside.slice('/app/'.length));
  return { folder: posix.normalize(folder).replace(/\/$/, ''), made: paths('rw'), submodules: paths('ro') };
}

/** Where the app's commands run inside. */
export function insideFolder({ folder }: Settings): string {
  return posix.join('/app', folder, '.').replace(/\/$/, '');
}

/** The command that starts the app: its own, or for a folder of files the server of ours. */
export function startCommand(sandbox: Pick<Sandbox, 'serving'>, command: string | undefined, site: Site | undefined): string {
  if (command !== undefined) return command;
  if (site === undefined) throw new Error('settings name neither a command nor a folder of files');
  return sandbox.serving(typeof site === 'string' ? { folder: site } : site);
}
