import { EFFECTS, type Effect, type EffectType, LANE_WIDTH, type Lane, RETRY_AFTER_MS } from '../core/effects.ts';
import { isTerminal } from '../core/run-machine.ts';
import type { LogSink } from '../ports.ts';
import type { Publication } from '../store/ledger.ts';
import { giveUp } from './give-up.ts';
import { type Context, type DaemonHandler, Interrupted, type Parts, type RunHandler, Superseded } from './parts.ts';

export type Handlers = { [T in EffectType]: { run?: RunHandler; daemon?: DaemonHandler } };

/** Facts after which something that waited may go on. */
const WAKES = new Set(['slot.released', 'run.merged', 'run.failed', 'run.canceled', 'run.rejected', 'run.expired', 'main.moved']);

/** How soon a ledger that refused to be written is tried again. */
const SETTLE_AGAIN_MS = 5_000;

/** How often waiting work is looked at again although nothing was said (disk, upstream). */
const WAKE_EVERY_MS = 15_000;

/**
 * Does what is owed: takes effects lane by lane, runs their handler, and marks
 * them done. A handler that throws is tried again within its bound; one whose
 * run has ended is stopped. `drain` resolves when nothing is owed or running.
 */
export function createWorker(parts: Parts, handlers: Handlers, agentsWidth: () => number) {
  const { outbox, ledger, queries, clock, log } = parts;
  const running = new Map<number, { effect: Effect; abort: AbortController; settled: Promise<void> }>();
  const idle = new Set<() => void>();
  let stopping = false;
  /** Counts what may let waiting work go on, so that none of it is missed by an effect that is about to wait. */
  let wakes = 0;
  let unsubscribe = () => {};
  let cancelWake = () => {};
  let cancelDue = () => {};
  let stopWaiting = () => {};

  const width = (lane: Lane) => (lane === 'agents' ? agentsWidth() : LANE_WIDTH[lane]);

  function contextOf(effect: Effect, runId: string, traceId: string, signal: AbortSignal, opened: LogSink[]): Context {
    const state = (command: Parameters<Context['report']>[0], settles?: number) => {
      if (signal.aborted) throw new Interrupted();
      const committed = ledger.report(runId, command, traceId, settles);
      if (!committed.ok) throw new Superseded(committed.refusal.message);
      return committed.run;
    };
    return {
      signal,
      report: (command) => state(command),
      finish: (command) => state(command, effect.id),
      tryReport(command) {
        if (signal.aborted) throw new Interrupted();
        return ledger.report(runId, command, traceId);
      },
      openLog(name) {
        const sink = parts.logs.open(runId, name, (kept) => parts.progress.artifact(runId, `log/${name}`, kept, clock.now()));
        opened.push(sink);
        return sink;
      },
    };
  }

  async function perform(effect: Effect, signal: AbortSignal): Promise<'done' | 'wait'> {
    const handler = handlers[effect.type];
    if (effect.runId === undefined) {
      if (handler.daemon === undefined) throw new Error(`${effect.type} belongs to a run`);
      return handler.daemon(effect, signal);
    }
    const run = queries.find(effect.runId);
    if (run === undefined || handler.run === undefined) throw new Error(`${effect.type} has no run to work for`);
    const during: readonly string[] = EFFECTS[effect.type].during;
    if (!during.includes(run.state)) return 'done';
    const opened: LogSink[] = [];
    try {
      return await handler.run(run, contextOf(effect, run.id, run.traceId, signal, opened), effect);
    } catch (error) {
      // A log that nobody closes would never be finished for those who follow it.
      await Promise.allSettled(opened.map((sink) => sink.close()));
      throw error;
    }
  }

  async function work(effect: Effect, abort: AbortController): Promise<void> {
    const before = wakes;
    let settle: () => void;
    try {
      const handled = await perform(effect, abort.signal);
      settle = () => {
        if (handled === 'wait') outbox.putBack(effect.id, wakes === before ? 'waiting' : 'again');
        // Stopped with the daemon: what it has not settled itself is owed again at the next start.
        else if (!(stopping && abort.signal.aborted)) outbox.done(effect.id, clock.now());
      };
    } catch (error) {
      settle = () => {
        if (error instanceof Superseded) {
          log('info', 'an effect came too late', { effect: effect.type, run: effect.runId, why: error.message });
          outbox.done(effect.id, clock.now());
        } else if (abort.signal.aborted) {
          // Stopped with the daemon: owed again at the next start. Stopped with its run: nothing left to do.
          if (!stopping) outbox.done(effect.id, clock.now());
        } else fail(effect, error);
      };
    }
    await persist(effect, settle);
  }

  /** A ledger that cannot be written for a while (disk full) must not lose an effect: it keeps its lane until it is settled. */
  async function persist(effect: Effect, settle: () => void): Promise<void> {
    for (;;) {
      try {
        settle();
        return;
      } catch (error) {
        log('error', 'an effect could not be settled', { effect: effect.type, run: effect.runId, error: String(error) });
        if (stopping) return;
        await new Promise<void>((resolve) => {
          stopWaiting = resolve;
          clock.after(SETTLE_AGAIN_MS, resolve);
        });
      }
    }
  }

  function fail(effect: Effect, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log('error', 'an effect threw', { effect: effect.type, run: effect.runId, tries: effect.tries, error: text });
    // Its last report settled it: what it was owed for has been done.
    if (!outbox.isRunning(effect.id)) return;
    if (effect.tries < EFFECTS[effect.type].attempts) {
      outbox.retry(effect.id, text, clock.now() + RETRY_AFTER_MS[Math.min(effect.tries, RETRY_AFTER_MS.length) - 1]!);
      return;
    }
    giveUp(parts, effect, error instanceof Error ? error.message : String(error));
    outbox.dead(effect.id, text, clock.now());
  }

  /** Begins what can be begun. A ledger that cannot be written now is looked at again with the next beat. */
  function kick(): void {
    if (stopping) return;
    try {
      begin();
    } catch (error) {
      log('error', 'owed work could not be taken', { error: String(error) });
    }
  }

  function begin(): void {
    for (const lane of new Set(Object.values(EFFECTS).map((row) => row.lane))) {
      let busy = [...running.values()].filter(({ effect }) => EFFECTS[effect.type].lane === lane).length;
      while (busy < width(lane)) {
        const effect = outbox.claim(lane, clock.now());
        if (effect === undefined) break;
        busy++;
        const abort = new AbortController();
        const settled = work(effect, abort).then(() => {
          running.delete(effect.id);
          kick();
          if (running.size === 0 && outbox.countOpen() === 0) for (const resolve of idle) resolve();
        });
        running.set(effect.id, { effect, abort, settled });
      }
    }
    cancelDue();
    const due = outbox.nextDue(clock.now());
    if (due !== undefined) cancelDue = clock.after(Math.max(1, due - clock.now()), kick);
  }

  function wake(): number {
    wakes++;
    return outbox.wakeWaiting();
  }

  function onPublication({ facts, hints }: Publication): void {
    for (const stored of facts) {
      if (!isTerminal(stored.to) || stored.from === stored.to) continue;
      for (const { effect, abort } of running.values()) {
        if (effect.runId === stored.runId && effect.type !== 'release_slot' && effect.type !== 'follow_upstream')
          abort.abort('the run ended');
      }
    }
    if (hints.length > 0 || facts.some((stored) => WAKES.has(stored.fact.type))) wake();
    // After the transaction's caller has returned, so that a handler never sees a half-told commit.
    queueMicrotask(kick);
  }

  function wakeLater(): void {
    cancelWake = clock.after(WAKE_EVERY_MS, () => {
      wakeLater();
      try {
        wake();
      } catch (error) {
        log('error', 'waiting work could not be woken', { error: String(error) });
      }
      kick();
    });
  }

  return {
    start(): void {
      outbox.recover();
      unsubscribe = ledger.subscribe(onPublication);
      wakeLater();
      kick();
    },
    kick,
    /** Ends what runs, without reporting it as failed, and leaves it owed. */
    async stop(): Promise<void> {
      stopping = true;
      unsubscribe();
      cancelWake();
      cancelDue();
      stopWaiting();
      for (const { abort } of running.values()) abort.abort('the daemon stops');
      await Promise.all([...running.values()].map(({ settled }) => settled));
    },
    /** Resolves when nothing is owed or running. Waiting effects do not count. */
    drain(): Promise<void> {
      if (running.size === 0 && outbox.countOpen() === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          idle.delete(done);
          resolve();
        };
        idle.add(done);
      });
    },
    runningTypes: (): readonly EffectType[] => [...running.values()].map(({ effect }) => effect.type),
  };
}
