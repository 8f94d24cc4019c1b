import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * What the kernel says about processes, read from /proc. A zombie counts as gone:
 * it runs nothing and holds nothing but its number.
 */

/** Environment variable that says whose process it is, for example `run_x/attempt/1`. */
export const TAG_VARIABLE = 'CODEX_BUILDER_TAG';

interface Stat {
  state: string;
  group: number;
  session: number;
  startTime: number;
}

/** When the process started, in clock ticks since boot; undefined when it is gone. With the pid it names a process for good. */
export function startTimeOf(pid: number): number | undefined {
  return statOf(pid)?.startTime;
}

/** Whether the very process that had `startTime` still runs. */
export function isRunning(pid: number, startTime: number): boolean {
  return startTimeOf(pid) === startTime;
}

/** Living members of a process group, or of the session with the same number. */
export function pidsOfGroup(group: number): readonly number[] {
  return allPids().filter((pid) => {
    const stat = statOf(pid);
    return stat !== undefined && (stat.group === group || stat.session === group);
  });
}

/** Living processes whose environment carries the tag or one below it (`tag/…`). Never the caller itself. */
export function pidsTagged(tag: string): readonly number[] {
  const exact = `${TAG_VARIABLE}=${tag}`;
  return pidsWithVariable((entry) => entry === exact || entry.startsWith(`${exact}/`));
}

/** Living processes that were started with exactly this environment entry (`NAME=value`). Never the caller itself. */
export function pidsMarked(entry: string): readonly number[] {
  return pidsWithVariable((each) => each === entry);
}

/** Kills whatever carries the tag or one below it; answers who was still alive after `withinMs`. */
export async function killTagged(tag: string, withinMs = 2_000): Promise<readonly number[]> {
  return killUntilNone(() => pidsTagged(tag), withinMs);
}

/**
 * Kills what `find` finds, again and again, until it finds nobody and everyone it ever found is gone, or the time is over; answers who was
 * left. A process that is being killed loses its environment before it is gone, so not being found any more is not enough.
 */
export async function killUntilNone(find: () => readonly number[], withinMs: number): Promise<readonly number[]> {
  const deadline = performance.now() + withinMs;
  const seen = new Map<number, number>();
  for (let waitMs = 1; ; waitMs = Math.min(2 * waitMs, 50)) {
    for (const pid of find()) {
      const startTime = startTimeOf(pid);
      if (startTime !== undefined) seen.set(pid, startTime);
    }
    const alive = [...seen].filter(([pid, startTime]) => isRunning(pid, startTime)).map(([pid]) => pid);
    if (alive.length === 0 || performance.now() > deadline) return alive;
    for (const pid of alive) sendSignal(pid, 'SIGKILL');
    await pause(waitMs);
  }
}

/** Of Linux; Node has no constant for it. */
const O_CLOEXEC = 0o2000000;

/**
 * Descriptors that whoever started us left open and that would pass on to every program we start: Node closes the low ones on exec, but
 * stops at the first gap. Read before anything of ours is opened; what Node opens itself is closed on exec.
 */
const inherited = readdirSync('/proc/self/fd').map(Number).filter(passesOn);

/** Closes them. Nobody in this process knows of them. */
export function closeInheritedDescriptors(): void {
  for (const fd of inherited.splice(0).filter(passesOn)) closeSync(fd);
}

function passesOn(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(readProc(`/proc/self/fdinfo/${fd}`) ?? '')?.[1];
  return fd > 2 && flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
}

/** Sends a signal; false when there is nobody (left) to receive it, or it is not ours to signal. A negative number is a group. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function pidsWithVariable(matches: (entry: string) => boolean): readonly number[] {
  return allPids().filter((pid) => pid !== process.pid && environmentOf(pid).some(matches) && statOf(pid) !== undefined);
}

function allPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function statOf(pid: number): Stat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the program's name in brackets and may itself contain brackets and blanks.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? 'X';
  if (state === 'Z' || state === 'X') return undefined;
  return { state, group: Number(fields[2]), session: Number(fields[3]), startTime: Number(fields[19]) };
}

function environmentOf(pid: number): readonly string[] {
  return readProc(`/proc/${pid}/environ`)?.split('\0') ?? [];
}

/** A process may end between any two reads, and those of other users cannot be read: both are "not one of ours". */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
