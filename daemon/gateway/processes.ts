import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** The variable by which every process of ours is found again, children included. */
export const TAG = 'CODEX_BUILDER_TAG';

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessId {
  pid: number;
  /** Clock ticks since boot, as `/proc/PID/stat` has it. */
  startTime: string;
}

interface ProcessFact extends ProcessId {
  session: number;
}

/** What runs under this pid now; undefined when nothing does or it is a zombie. */
export function readProcess(pid: number): ProcessFact | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined; // gone between two looks
  }
}

export function isAlive(process: ProcessId): boolean {
  return readProcess(process.pid)?.startTime === process.startTime;
}

export interface TaggedProcess extends ProcessId {
  tag: string;
  /** Leads its session: the one that was started, not a child of it. */
  leader: boolean;
  port: number | undefined;
}

/** Every living process whose environment carries a tag that starts with `prefix`. */
export async function findTagged(prefix: string): Promise<TaggedProcess[]> {
  const found: TaggedProcess[] = [];
  for (const pid of await pids()) {
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
    const tag = variable(environment, TAG);
    const fact = tag?.startsWith(prefix) ? readProcess(pid) : undefined;
    if (tag && fact)
      found.push({
        pid,
        startTime: fact.startTime,
        tag,
        leader: fact.session === pid,
        port: Number(variable(environment, 'PORT')) || undefined,
      });
  }
  return found;
}

/**
 * Ends a started program and everything that came of it: SIGTERM, `graceMs`, SIGKILL.
 * Members are those with the tag and those in the session of `leader`, so neither
 * `setsid` nor a rewritten environment alone escapes. A process that is ending loses
 * its tag before it is gone, so everyone seen is waited for. Answers who is still alive.
 */
export async function endTree(tag: string, leader: number | undefined, graceMs: number): Promise<number[]> {
  const deadline = performance.now() + graceMs;
  const seen = new Map<string, ProcessId>();
  const look = async () => {
    for (const member of await members(tag, leader)) seen.set(`${member.pid} ${member.startTime}`, member);
    return [...seen.values()].filter(isAlive);
  };
  let left = await look();
  signal(left, 'SIGTERM');
  while (left.length > 0 && performance.now() < deadline) {
    await gone(left, deadline);
    left = await look();
  }
  // A program may fork between the look and the kill, hence a few rounds.
  for (let round = 0; left.length > 0 && round < 20; round += 1) {
    signal(left, 'SIGKILL');
    await gone(left, performance.now() + 250);
    left = await look();
  }
  return left.map(({ pid }) => pid);
}

async function members(tag: string, leader: number | undefined): Promise<ProcessId[]> {
  const tagged = (await findTagged(tag)).filter((process) => process.tag === tag);
  if (leader === undefined) return tagged;
  const session = (await pids()).map(readProcess).filter((fact) => fact !== undefined && fact.session === leader);
  const all = new Map([...tagged, ...(session as ProcessFact[])].map((process) => [process.pid, process]));
  all.delete(process.pid);
  return [...all.values()];
}

function signal(processes: readonly ProcessId[], name: 'SIGTERM' | 'SIGKILL'): void {
  for (const target of processes) {
    if (!isAlive(target)) continue;
    try {
      process.kill(target.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function gone(processes: readonly ProcessId[], deadline: number): Promise<void> {
  while (processes.some(isAlive) && performance.now() < deadline) await delay(20);
}

async function pids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

function parseStat(pid: number, stat: string): ProcessFact | undefined {
  // The name in parentheses may itself contain spaces and parentheses; fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, session: Number(fields[3]), startTime: fields[19]! };
}

function variable(environment: readonly string[], name: string): string | undefined {
  return environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}
