import { freePort, launch } from './launch.ts';
import type { GatewayLog } from './log.ts';
import { endTree, findTagged, isAlive, type ProcessId, type TaggedProcess } from './processes.ts';
import type { ReleaseRecord, StartRequest, StateFile } from './state-file.ts';

const FIRST_BACK_OFF_MS = 250;
const LONGEST_BACK_OFF_MS = 30_000;
/** A release that ran so long starts again with the first back-off. */
const STEADY_MS = 60_000;
/** How often a process that is not our child (its gateway was killed) is looked at. */
const WATCH_MS = 250;
const GRACE_MS = 5_000;

export type StartAnswer = { ok: true; port: number; pid: number; found: boolean } | { ok: false; detail: string };

/** Starts, adopts, restarts and ends releases. Only the live one is started again when it ends. */
export interface Supervisor {
  /** Takes over what an earlier gateway started, and starts the live release when it does not run. */
  adopt(): Promise<void>;
  /** Starts a release, or finds it running. */
  start(request: StartRequest): Promise<StartAnswer>;
  isRunning(releaseId: string): boolean;
  /** Ends a release with all its processes and forgets it; answers who survived. */
  stop(releaseId: string): Promise<number[]>;
  /** Ends every release but keeps on record what is live. */
  stopAll(): Promise<number[]>;
  /** Lets go of everything without ending it. */
  release(): void;
}

interface Parts {
  state: StateFile;
  /** Begin of every tag of this state folder; the release id follows. */
  tagPrefix: string;
  log: GatewayLog;
}

export function createSupervisor({ state, tagPrefix, log }: Parts): Supervisor {
  const busy = new Map<string, Promise<StartAnswer>>();
  const stopping = new Set<string>();
  const backOff = new Map<string, number>();
  const lastEnds = new Map<string, NonNullable<ReleaseRecord['ended']>>();
  const waiting = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let letGo = false;

  const recordOf = (releaseId: string) => state.current.releases.find(({ start }) => start.releaseId === releaseId);
  const tagOf = (releaseId: string) => tagPrefix + releaseId;
  const put = (record: ReleaseRecord) =>
    state.update((current) => ({
      ...current,
      releases: [...current.releases.filter(({ start }) => start.releaseId !== record.start.releaseId), record],
    }));

  function later(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!letGo) then();
    }, ms);
    timers.add(timer);
  }

  function isRunning(releaseId: string): boolean {
    const process = processOf(recordOf(releaseId));
    return process !== undefined && !stopping.has(releaseId) && isAlive(process);
  }

  /** Starts the program of a record; its intent is durable before the process exists, so that a kill in between leaves a process that is found by its tag. */
  async function run(start: StartRequest, before: ReleaseRecord | undefined, restarts: number): Promise<StartAnswer> {
    const { releaseId } = start;
    const survivors = await endTree(tagOf(releaseId), before?.pid, GRACE_MS);
    if (survivors.length > 0) return { ok: false, detail: `processes of an earlier start cannot be ended: ${survivors.join(', ')}` };
    const others = new Set(state.current.releases.filter((other) => other.start.releaseId !== releaseId).map(({ port }) => port));
    const port = await freePort(before?.port, others);
    const last = lastEnds.get(releaseId) ?? before?.ended;
    const intent: ReleaseRecord = { start, port, startedAt: Date.now(), restarts, ...(last && { ended: last }) };
    put(intent);
    const outcome = await launch(start, port, tagOf(releaseId), (how) => ended(releaseId, how));
    if (!outcome.ok) return outcome;
    put({ ...intent, ...outcome.process });
    log('info', 'release started', { releaseId, port, pid: outcome.process.pid, restarts });
    return { ok: true, port, pid: outcome.process.pid, found: false };
  }

  function once(releaseId: string, act: () => Promise<StartAnswer>): Promise<StartAnswer> {
    const under = busy.get(releaseId);
    if (under !== undefined) return under;
    const doing = act().finally(() => busy.delete(releaseId));
    busy.set(releaseId, doing);
    return doing;
  }

  function ended(releaseId: string, how: string): void {
    if (letGo || stopping.has(releaseId)) return;
    log('warn', 'release ended by itself', { releaseId, how, live: state.current.live === releaseId });
    if (state.current.live !== releaseId) return;
    lastEnds.set(releaseId, { at: Date.now(), how });
    restartLater(releaseId);
  }

  function restartLater(releaseId: string): void {
    const record = recordOf(releaseId);
    if (!record || waiting.has(releaseId)) return;
    const steady = Date.now() - record.startedAt >= STEADY_MS;
    const wait = steady ? FIRST_BACK_OFF_MS : (backOff.get(releaseId) ?? FIRST_BACK_OFF_MS);
    backOff.set(releaseId, Math.min(wait * 2, LONGEST_BACK_OFF_MS));
    waiting.add(releaseId);
    later(wait, () => {
      waiting.delete(releaseId);
      void restart(releaseId);
    });
  }

  async function restart(releaseId: string): Promise<void> {
    const record = recordOf(releaseId);
    if (!record || letGo || state.current.live !== releaseId || stopping.has(releaseId) || isRunning(releaseId)) return;
    const answer = await once(releaseId, () => run(record.start, record, record.restarts + 1)).catch((error: Error) => ({
      ok: false as const,
      detail: error.message,
    }));
    if (answer.ok) return;
    log('error', 'release could not be started again', { releaseId, detail: answer.detail });
    restartLater(releaseId);
  }

  /** Looks after a process that is not our child. */
  function watch(releaseId: string, process: ProcessId): void {
    later(WATCH_MS, () => {
      if (recordOf(releaseId)?.pid !== process.pid) return;
      if (isAlive(process)) watch(releaseId, process);
      else ended(releaseId, 'nobody saw how');
    });
  }

  /** A process with our tag that no record names cannot get traffic; without a state file to tell, it is left alone. */
  async function endStray({ tag, pid }: TaggedProcess): Promise<void> {
    log('warn', 'a process of an unknown release runs', { tag, pid, ended: state.existed });
    if (state.existed) await endTree(tag, pid, GRACE_MS);
  }

  async function stop(releaseId: string): Promise<number[]> {
    stopping.add(releaseId);
    try {
      await busy.get(releaseId)?.catch(() => undefined);
      const record = recordOf(releaseId);
      const survivors = await endTree(tagOf(releaseId), record?.pid, GRACE_MS);
      if (survivors.length > 0) log('error', 'release cannot be ended', { releaseId, survivors });
      return survivors;
    } finally {
      stopping.delete(releaseId);
    }
  }

  return {
    isRunning,
    async adopt() {
      for (const process of (await findTagged(tagPrefix)).filter(({ leader }) => leader)) {
        const record = recordOf(process.tag.slice(tagPrefix.length));
        if (record) put({ ...record, pid: process.pid, startTime: process.startTime, port: process.port ?? record.port });
        else await endStray(process);
      }
      for (const record of state.current.releases) {
        const process = processOf(record);
        if (!process || !isAlive(process)) continue;
        log('info', 'release adopted', { releaseId: record.start.releaseId, pid: process.pid });
        watch(record.start.releaseId, process);
      }
      const { live } = state.current;
      if (live !== undefined && !isRunning(live)) await restart(live);
    },
    start(request) {
      return once(request.releaseId, async () => {
        const record = recordOf(request.releaseId);
        if (record?.pid !== undefined && isRunning(request.releaseId)) return { ok: true, port: record.port, pid: record.pid, found: true };
        return run(request, record, record?.restarts ?? 0);
      });
    },
    async stop(releaseId) {
      const survivors = await stop(releaseId);
      if (survivors.length === 0) {
        backOff.delete(releaseId);
        lastEnds.delete(releaseId);
        state.update((current) => ({ ...current, releases: current.releases.filter(({ start }) => start.releaseId !== releaseId) }));
      }
      return survivors;
    },
    async stopAll() {
      letGo = true;
      const survivors = await Promise.all(state.current.releases.map(({ start }) => stop(start.releaseId)));
      return survivors.flat();
    },
    release() {
      letGo = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function processOf(record: ReleaseRecord | undefined): ProcessId | undefined {
  return record?.pid === undefined || record.startTime === undefined ? undefined : { pid: record.pid, startTime: record.startTime };
}
