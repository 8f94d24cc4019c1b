import type { DoorReply } from '#shared/api.ts';
import type { ErrorBody } from '#shared/errors.ts';
import type { Refusal } from '../../core/commands.ts';
import type { ProductionSeen } from '../../core/production-seen.ts';
import type { UpstreamSeen } from '../../core/upstream-seen.ts';
import type { AgentEngine, Clock, Deployer, Gateway, Ids, Previewer, Repository, SourceFinder } from '../../ports.ts';
import type { Artifacts } from '../../store/artifacts.ts';
import type { Audit } from '../../store/audit.ts';
import type { Devices } from '../../store/devices.ts';
import type { Drafts } from '../../store/drafts.ts';
import type { Flags } from '../../store/flags.ts';
import type { Leases } from '../../store/leases.ts';
import type { Answer, Ledger } from '../../store/ledger.ts';
import type { Logs } from '../../store/logs.ts';
import type { Outbox } from '../../store/outbox.ts';
import type { Queries } from '../../store/queries.ts';
import type { Reads } from '../../store/reads.ts';
import type { Releases } from '../../store/releases.ts';
import type { Caller, DoorResult, HandledDoor } from '../handlers.ts';

/** What the doors stand on. */
export interface DoorParts {
  ledger: Ledger;
  queries: Queries;
  reads: Reads;
  releases: Releases;
  devices: Devices;
  drafts: Drafts;
  flags: Flags;
  leases: Leases;
  outbox: Outbox;
  audit: Audit;
  artifacts: Artifacts;
  logs: Logs;
  agent: AgentEngine;
  repository: Repository;
  sources: SourceFinder;
  previewer: Previewer;
  deployer: Deployer;
  gateway: Gateway;
  clock: Clock;
  ids: Ids;
  app: { name: string; productionUrl: string; controlUrl: string; sandbox: string; demo: boolean; examples: readonly string[] };
  upstream: UpstreamSeen;
  production: ProductionSeen;
  /** Standing notices that do not come from the ledger (sandbox, copy of the sample, …). */
  notices: readonly { level: 'info' | 'warn' | 'error'; text: string }[];
  idleTtlMs: number;
  /** Renews the leases that hold and ends those that do not, before one of them is judged. */
  keepLeases(): void;
}

type RefusalBody = Pick<ErrorBody['error'], 'code' | 'message' | 'details'> & { requestId?: string };

/** A run takes minutes, so asking more often than this is for nothing. */
const QUEUE_RETRY_MS = 30_000;

/** A refusal as a stored answer. */
export function refused(refusal: Refusal, status: number): Answer {
  const body: RefusalBody = refusal;
  return { status, body: JSON.stringify(body) };
}

/** A mutation with its receipt: the work happens once for a key, and its answer is replayed. `Kept` is what the receipt keeps, when the door answers more. */
export function mutate<N extends HandledDoor, Kept = DoorReply<N>>(
  { ledger }: Pick<DoorParts, 'ledger'>,
  caller: Caller,
  subject: string,
  payload: unknown,
  work: Parameters<Ledger['answer']>[2],
): Extract<DoorResult<N>, { ok: false }> | { ok: true; status: number; body: Kept } {
  const answer = ledger.answer(
    { actor: caller.actor, action: caller.door, subject, traceId: caller.traceId, payload },
    { door: caller.door, key: caller.key!, bodyHash: caller.bodyHash },
    (tx) => {
      const first = work(tx);
      if (first.status < 400) return first;
      return { ...first, body: JSON.stringify({ ...(JSON.parse(first.body) as RefusalBody), requestId: caller.requestId }) };
    },
  );
  if ('conflict' in answer) {
    return { ok: false, code: 'idempotency_conflict', message: 'This Idempotency-Key was used for another request. Make a new one.' };
  }
  const body: unknown = JSON.parse(answer.body);
  if (answer.status >= 400) {
    const why = body as RefusalBody;
    return { ok: false, ...why, ...(why.code === 'queue_full' ? { retryAfterMs: QUEUE_RETRY_MS } : {}) };
  }
  return { ok: true, status: answer.status, body: body as Kept };
}
