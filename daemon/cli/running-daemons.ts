import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { stateFolderOf } from '../config/state-folder.ts';
import type { Environment } from './command.ts';

const Note = z.object({ pid: z.number(), startTime: z.string(), url: z.string(), gateway: z.optional(z.string()) });

/** What a running daemon leaves in its state folder. */
export type DaemonNote = z.infer<typeof Note>;

export interface RunningDaemon {
  /** Name of the app's folder. */
  name: string;
  url: string;
  state: string;
}

/** The note of the daemon of a state folder; undefined when there is none, or half of one. */
export function noteOf(state: string): DaemonNote | undefined {
  try {
    const read = z.safeParse(Note, JSON.parse(readFileSync(join(state, 'daemon.json'), 'utf8')));
    return read.success ? read.data : undefined;
  } catch {
    return undefined; // absent, unreadable or being written
  }
}

/** Every daemon that runs with a state folder in the usual place. */
export function runningDaemons(env: Environment): readonly RunningDaemon[] {
  const home = dirname(stateFolderOf('/', env));
  let folders: string[];
  try {
    folders = readdirSync(home);
  } catch {
    return []; // none ever ran
  }
  return folders.sort().flatMap((folder) => {
    const state = join(home, folder);
    const note = noteOf(state);
    // A daemon that was killed leaves its note behind, and its number to somebody else.
    if (note === undefined || startTimeOf(note.pid) !== note.startTime) return [];
    return [{ name: basename(folder).replace(/-[0-9a-f]{8}$/, ''), url: note.url, state }];
  });
}

/** Daemons for a person to choose from, a line each. */
export const listed = (running: readonly RunningDaemon[]): string =>
  running.map(({ name, url, state }) => `  ${name}  ${url}  --state ${state}`).join('\n');

/** Start of a process in clock ticks since boot (proc(5), field 22); undefined when there is none. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return undefined;
    throw error;
  }
}
