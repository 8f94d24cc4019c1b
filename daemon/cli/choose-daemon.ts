import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { stateFolderOf } from '../config/state-folder.ts';
import { programName } from './call-again.ts';
import type { Environment } from './command.ts';
import { EXIT } from './outcome.ts';
import { listed, noteOf, runningDaemons } from './running-daemons.ts';

/** What the flags say about whose daemon is meant. */
export interface Choice {
  repo?: string | undefined;
  state?: string | undefined;
}

export type Chosen =
  | { ok: true; url: string; token: string; state: string | undefined }
  | { ok: false; exit: number; message: string; remedy: string };

/**
 * The daemon of --state, --repo, CODEX_BUILDER_URL, CODEX_BUILDER_STATE, CODEX_BUILDER_REPO or the repository around the current
 * folder: the first that is named. When none is, the only one that runs.
 */
export function chooseDaemon(choice: Choice, env: Environment): Chosen {
  const url = env['CODEX_BUILDER_URL'];
  if (url && choice.state === undefined && choice.repo === undefined) return atUrl(url, env);
  const isNamed = choice.state !== undefined || Boolean(env['CODEX_BUILDER_STATE']) || namedRepo(choice, env) !== undefined;
  if (isNamed) return atState(stateOf(choice, env), namedRepo(choice, env), env);
  const running = runningDaemons(env);
  const [only] = running;
  if (only === undefined)
    return none(
      'No daemon runs.',
      `Start one: ${programName(env)} serve --repo PATH, with the path of your app; without --repo it serves a sample app.`,
    );
  if (running.length > 1) {
    return {
      ok: false,
      exit: EXIT.usage,
      message: `Several daemons run:\n${listed(running)}`,
      remedy: 'Say which: give --repo PATH or --state DIR, set CODEX_BUILDER_URL, or go into the folder of the app.',
    };
  }
  return atState(only.state, undefined, env);
}

function atState(state: string, repo: string | undefined, env: Environment): Chosen {
  const note = noteOf(state);
  if (note === undefined) {
    const others = runningDaemons(env);
    return none(
      `No daemon runs for ${repo === undefined ? state : resolve(repo)}.${others.length === 0 ? '' : `\nThese run:\n${listed(others)}`}`,
      `Start it: ${programName(env)} serve ${repo === undefined ? `--repo PATH --state ${state}` : `--repo ${repo}`}`,
    );
  }
  const token = tokenOf(state);
  return token === undefined ? noToken(state) : { ok: true, url: note.url, token, state };
}

function atUrl(given: string, env: Environment): Chosen {
  const url = URL.canParse(given) ? new URL(given).origin : undefined;
  if (url === undefined)
    return {
      ok: false,
      exit: EXIT.usage,
      message: `CODEX_BUILDER_URL is no address: ${given}.`,
      remedy: 'It looks like http://127.0.0.1:4400.',
    };
  const own = env['CODEX_BUILDER_TOKEN'];
  if (own) return { ok: true, url, token: own, state: undefined };
  const running = runningDaemons(env);
  const state = running.find((daemon) => daemon.url === url)?.state ?? (env['CODEX_BUILDER_STATE'] && resolve(env['CODEX_BUILDER_STATE']));
  if (!state) {
    return none(
      `No daemon of yours runs at ${url}, which CODEX_BUILDER_URL names.${running.length === 0 ? '' : `\nThese run:\n${listed(running)}`}`,
      'Start it, or set CODEX_BUILDER_STATE to its state folder as well, where its token is.',
    );
  }
  const token = tokenOf(state);
  return token === undefined ? noToken(state) : { ok: true, url, token, state };
}

const none = (message: string, remedy: string): Chosen => ({ ok: false, exit: EXIT.unreachable, message, remedy });

const noToken = (state: string): Chosen => ({
  ok: false,
  exit: EXIT.notAllowed,
  message: `${join(state, 'cli-token')} cannot be read, so this command line cannot sign in.`,
  remedy: 'Run it as the user who runs the daemon.',
});

function tokenOf(state: string): string | undefined {
  try {
    return readFileSync(join(state, 'cli-token'), 'utf8').trim();
  } catch {
    return undefined; // absent, or somebody else's
  }
}

/** State folder of the daemon to be stopped: as for any other command, and without a running one the one that would be started. */
export function stateToStop(choice: Choice, env: Environment): { ok: true; state: string } | Extract<Chosen, { ok: false }> {
  const chosen = chooseDaemon(choice, env);
  if (chosen.ok) return { ok: true, state: chosen.state ?? stateOf(choice, env) };
  return chosen.exit === EXIT.usage ? chosen : { ok: true, state: stateOf(choice, env) };
}

/** State folder of the chosen daemon. */
export function stateOf(choice: Choice, env: Environment): string {
  const named = choice.state ?? (choice.repo === undefined ? env['CODEX_BUILDER_STATE'] : undefined);
  if (named) return resolve(named);
  const repo = namedRepo(choice, env) ?? env['CODEX_BUILDER_FALLBACK_REPO'] ?? process.cwd();
  return stateFolderOf(existsSync(repo) ? realpathSync(repo) : resolve(repo), env);
}

/** Repository of the chosen daemon; undefined when only its state was named. */
export function repoOf(choice: Choice, env: Environment): string | undefined {
  const isStateNamed = choice.state !== undefined || (choice.repo === undefined && Boolean(env['CODEX_BUILDER_STATE']));
  return namedRepo(choice, env) ?? (isStateNamed ? undefined : env['CODEX_BUILDER_FALLBACK_REPO']);
}

/** The repository of --repo, CODEX_BUILDER_REPO or the current folder: the first that is named. */
function namedRepo(choice: Choice, env: Environment): string | undefined {
  const repo = choice.repo ?? (env['CODEX_BUILDER_REPO'] || undefined);
  return repo ?? appAround();
}

/** The app that the current folder is in, by its settings file. */
export function appAround(): string | undefined {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'codex-builder.jsonc'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
