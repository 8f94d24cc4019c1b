import type { Readiness } from '#shared/readiness.ts';
import type { UpstreamSeen } from '../core/upstream-seen.ts';
import type { Clock, GatewayState } from '../ports.ts';
import type { Parts } from './parts.ts';

type Condition = { ready: true; detail?: string } | { ready: false; detail: string; remedy: string };

/** One thing the daemon needs, and how it is looked at. */
export interface NeededPart {
  name: string;
  /** Without it the daemon does less, but does its work. */
  optional?: true;
  /** How long a look holds. */
  keepMs: number;
  /** What was seen before the first question. From then on the last known answer is given while a new look goes on. */
  seen?: Condition;
  look(): Promise<Condition>;
}

/** A look that takes longer is an answer too. */
const LOOK_MS = 4_000;

/**
 * Answers whether the daemon can do its work, part by part. Cheap to ask often: however many ask, each part is looked at
 * once at a time, and not again while the last look holds.
 */
export function createReadiness(parts: readonly NeededPart[], clock: Clock): () => Promise<Readiness> {
  const views = parts.map((part) => openView(part, clock));
  return async () => {
    const found = await Promise.all(views.map((view) => view()));
    return {
      ready: found.every((condition, index) => condition.ready || parts[index]!.optional === true),
      parts: found.map((condition, index) => {
        const { name, optional } = parts[index]!;
        return { name, ...(optional === undefined ? {} : { optional }), ...condition };
      }),
    };
  };
}

function openView({ name, keepMs, seen, look }: NeededPart, clock: Clock): () => Promise<Condition> {
  let known: Condition | undefined = seen;
  let at = seen === undefined ? Number.NEGATIVE_INFINITY : clock.elapsed();
  let looking: Promise<Condition> | undefined;

  const keep = (condition: Condition): Condition => {
    known = condition;
    at = clock.elapsed();
    return condition;
  };
  const lookAgain = async (): Promise<Condition> => {
    try {
      return keep(await look());
    } catch (error) {
      return keep({
        ready: false,
        detail: `it cannot be looked at: ${error instanceof Error ? error.message : String(error)}`,
        remedy: SEE_LOG,
      });
    } finally {
      looking = undefined;
    }
  };
  return async () => {
    if (known !== undefined && clock.elapsed() - at < keepMs) return known;
    looking ??= lookAgain();
    if (seen !== undefined) return known!;
    return soon(looking, clock, () =>
      keep({ ready: false, detail: `${name} does not answer within ${LOOK_MS / 1_000} s`, remedy: SEE_LOG }),
    );
  };
}

/** What it comes to, or what is to be said when that takes too long. */
function soon<T>(looking: Promise<T>, clock: Clock, late: () => T): Promise<T> {
  return new Promise((resolve) => {
    const cancel = clock.after(LOOK_MS, () => resolve(late()));
    void looking.then((found) => {
      cancel();
      resolve(found);
    });
  });
}

const SEE_LOG = 'See the log of the daemon; when it stays so, start the daemon again.';

/** What this daemon needs, and what it can do without. The sandbox has been tried by whoever starts; trying it costs seconds. */
export function neededParts({
  ledgerTrouble,
  gateway,
  agent,
  sandbox,
  repository,
  host,
  folders,
  limits,
  upstream,
}: Pick<Parts, 'gateway' | 'agent' | 'sandbox' | 'repository' | 'host' | 'upstream'> & {
  ledgerTrouble: () => string | undefined;
  folders: Pick<Parts['folders'], 'state'>;
  limits: Pick<Parts['limits'], 'diskFloorBytes'>;
}): readonly NeededPart[] {
  return [
    {
      name: 'ledger',
      keepMs: 2_000,
      async look() {
        const trouble = ledgerTrouble();
        if (trouble === undefined) return { ready: true };
        return {
          ready: false,
          detail: `it cannot be written: ${trouble}`,
          remedy: `Look at the disk of ${folders.state} and whose its files are, then start the daemon again.`,
        };
      },
    },
    {
      name: 'disk',
      keepMs: 2_000,
      async look() {
        const free = await host.freeBytes(folders.state);
        if (free >= limits.diskFloorBytes) return { ready: true, detail: `${inMiB(free)} free` };
        return {
          ready: false,
          detail: `${inMiB(free)} free, and ${inMiB(limits.diskFloorBytes)} are to stay free`,
          remedy: `Make room on the disk of ${folders.state}; runs wait until then.`,
        };
      },
    },
    {
      name: 'repository',
      keepMs: 2_000,
      async look() {
        const main = await repository.head('refs/heads/main');
        if (main !== undefined) return { ready: true, detail: `main is ${main.slice(0, 12)}` };
        return {
          ready: false,
          detail: `${repository.gitDir} has no main`,
          remedy: 'Start the daemon again: it repairs its repository from yours.',
        };
      },
    },
    {
      name: 'gateway',
      keepMs: 1_000,
      async look() {
        const state = await gateway.state().catch((error: Error) => error);
        if (!(state instanceof Error)) return productionCondition(state);
        return {
          ready: false,
          detail: `it does not answer: ${state.message}`,
          remedy: 'The daemon starts it again by itself within seconds; its log is logs/gateway.log.',
        };
      },
    },
    {
      name: 'sandbox',
      keepMs: 600_000,
      seen: { ready: true, detail: sandbox.capabilities.provider },
      async look() {
        const [broken] = await sandbox.selfTest();
        if (broken === undefined) return { ready: true, detail: sandbox.capabilities.provider };
        return { ready: false, detail: `it does not hold: ${broken.promise} (${broken.found})`, remedy: broken.remedy };
      },
    },
    {
      name: 'agent',
      keepMs: 5_000,
      async look() {
        const readiness = await agent.readiness();
        if (!readiness.ready) return { ready: false, detail: readiness.detail, remedy: readiness.remedy };
        return { ready: true, detail: `${readiness.engine} ${readiness.version}, ${readiness.model} of ${readiness.provider}` };
      },
    },
    { name: 'upstream', optional: true, keepMs: 0, look: async () => upstreamCondition(upstream) },
  ];
}

/** The gateway answers; whether what it serves runs, and how often that or the gateway itself had to be started again. */
function productionCondition({ live, cutOff }: GatewayState): Condition {
  const often = (times: number, at: number) => `${times === 1 ? 'once' : `${times} times`}, last at ${new Date(at).toISOString()}`;
  const told = [live === undefined ? 'nothing is live yet' : `${live.releaseId} is live${live.running ? '' : ' but does not run'}`];
  if (live !== undefined && live.restarts > 0) {
    const how = live.ended === undefined ? '' : ` after it had ended by itself (${live.ended.how})`;
    told.push(`it was started again ${often(live.restarts, live.startedAt)}${how}`);
  }
  if (cutOff !== undefined) told.push(`the gateway was cut off and started again ${often(cutOff.times, cutOff.at)}`);
  const detail = told.join('; ');
  if (live === undefined || live.running) return { ready: true, detail };
  const remedy = 'The gateway starts it again by itself, ever more slowly. If it stays down, roll back to an earlier release.';
  return { ready: false, detail, remedy };
}

function upstreamCondition({ state, detail }: UpstreamSeen): Condition {
  if (state !== 'offline' && state !== 'diverged') return { ready: true, detail: state };
  return {
    ready: false,
    detail: detail ?? state,
    remedy: state === 'offline' ? 'Make your repository reachable; runs go on here.' : 'The banner of /codex says what to do.',
  };
}

const inMiB = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MiB`;
