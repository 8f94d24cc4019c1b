import type { Database } from 'better-sqlite3';
import type { Circumstances, Refusal, RunCommand } from '../core/commands.ts';
import { decide } from '../core/decide.ts';
import { type EffectType, ON_ENTER, ON_FACT } from '../core/effects.ts';
import { evolve, type Run } from '../core/run.ts';
import { reasonOf, type StoredFact } from '../core/run-events.ts';
import { isTerminal, nextState } from '../core/run-machine.ts';
import type { Clock, Log } from '../ports.ts';
import { type Audit, sha256 } from './audit.ts';
import { decodeRun } from './decode.ts';
import type { Leases } from './leases.ts';
import type { Outbox } from './outbox.ts';
import type { Projections } from './projections.ts';
import type { Reads } from './reads.ts';

/** Who acts, for the audit row of the transaction. */
export interface Entry {
  actor: string;
  action: string;
  subject: string;
  traceId: string;
  payload: unknown;
}

/** The durable answer to a door's mutation; the same key and body gets the same bytes again. */
export interface ReceiptKey {
  door: string;
  key: string;
  bodyHash: string;
}

export interface Answer {
  status: number;
  /** JSON text, stored and replayed byte for byte. */
  body: string;
}

/** Something other than a run changed; clients ask for it again. */
export type Hint = 'slots' | 'releases' | 'status';

export type Committed = { ok: true; run: Run; facts: readonly StoredFact[] } | { ok: false; refusal: Refusal };

/** What a transaction may do. */
export interface Tx {
  readonly now: number;
  /** Decides a command and, if accepted, appends, projects and owes. */
  run(runId: string, command: RunCommand): Committed;
  owe(type: EffectType, payload: Record<string, unknown>): void;
  hint(hint: Hint): void;
  /** What this user has seen of a run changed: only they are told. */
  hintRead(user: string, runId: string): void;
}

export interface Publication {
  facts: readonly StoredFact[];
  hints: readonly Hint[];
  /** Whose marks on which runs changed. */
  reads: readonly { user: string; runId: string }[];
  /** Newest sequence number of the ledger. */
  seq: number;
}

export interface LedgerParts {
  db: Database;
  clock: Clock;
  audit: Audit;
  outbox: Outbox;
  projections: Projections;
  reads: Reads;
  leases: Leases;
  queueLimit(): number;
  log: Log;
}

/**
 * The one writer. Every change of the daemon's truth is one immediate
 * transaction: decide, append facts, project, owe effects, audit, receipt.
 * No await from top to bottom; subscribers hear of it after the commit, in the same tick.
 */
export function openLedger({ db, clock, audit, outbox, projections, reads, leases, queueLimit, log }: LedgerParts) {
  const listeners = new Set<(publication: Publication) => void>();
  const findRun = db.prepare<[string], { snapshot: string }>('SELECT snapshot FROM runs WHERE id = ?');
  const findFlag = db.prepare<['freeze' | 'safeMode'], { value: number }>('SELECT value FROM flags WHERE name = ?');
  const countQueued = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM runs WHERE status = 'queued'`);
  const lastSeq = db.prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM run_events');
  const findReceipt = db.prepare<[string, string, string], { body_hash: string; status: number; body: string }>(
    'SELECT body_hash, status, body FROM idempotency WHERE actor = ? AND door = ? AND key = ?',
  );
  const putReceipt = db.prepare('INSERT INTO idempotency (actor, door, key, body_hash, status, body, at) VALUES (?, ?, ?, ?, ?, ?, ?)');

  const seq = () => lastSeq.get()!.seq ?? 0;

  function around(runId: string, now: number): Circumstances {
    const lease = leases.ofRun(runId);
    return {
      now,
      freeze: findFlag.get('freeze')?.value === 1,
      safeMode: findFlag.get('safeMode')?.value === 1,
      queued: countQueued.get()!.n,
      queueLimit: queueLimit(),
      ...(lease === undefined ? {} : { lease: { slot: lease.slot_id, fence: lease.fence, expiresAt: lease.expires_at } }),
    };
  }

  function applyCommand(entry: Entry, now: number, runId: string, command: RunCommand): Committed {
    const row = findRun.get(runId);
    let run = row === undefined ? undefined : decodeRun(row.snapshot);
    const decision = decide(run, command, entry.actor, around(runId, now));
    if (!decision.ok) return decision;
    const facts: StoredFact[] = [];
    for (const fact of decision.facts) {
      const from = run?.state;
      const reason = reasonOf(fact);
      const unnumbered = {
        runId,
        version: (run?.version ?? 0) + 1,
        ...(from === undefined ? {} : { from }),
        to: nextState(from, fact.type),
        ...(reason === undefined ? {} : { reason }),
        actor: entry.actor,
        traceId: run?.traceId ?? entry.traceId,
        at: now,
        fact,
      };
      const stored: StoredFact = { ...unnumbered, seq: projections.append(unnumbered) };
      const evolved: Run = evolve(run, stored);
      projections.project(evolved, stored);
      reads.note(run, evolved);
      const entered = evolved.state !== from;
      if (entered && isTerminal(evolved.state)) outbox.dropRun(runId, now);
      const follow = ON_FACT[fact.type];
      for (const type of [...(entered ? ON_ENTER[evolved.state] : []), ...(follow === undefined ? [] : [follow])]) {
        outbox.owe(type, now, { runId, ...(evolved.fence === undefined ? {} : { fence: evolved.fence }) });
      }
      run = evolved;
      facts.push(stored);
    }
    if (run === undefined) throw new Error('a command was accepted without a run');
    return { ok: true, run, facts };
  }

  /** Runs `work` in one transaction with its audit row, then publishes. */
  function act<T>(entry: Entry, work: (tx: Tx) => T, outcomeOf: (result: T) => string | undefined = () => 'done'): T {
    const facts: StoredFact[] = [];
    const hints = new Set<Hint>();
    const marked: { user: string; runId: string }[] = [];
    const result = db
      .transaction(() => {
        const now = clock.now();
        const value = work({
          now,
          run(runId, command) {
            const committed = applyCommand(entry, now, runId, command);
            if (committed.ok) facts.push(...committed.facts);
            return committed;
          },
          owe: (type, payload) => void outbox.owe(type, now, { payload }),
          hint: (hint) => void hints.add(hint),
          hintRead: (user, runId) => void marked.push({ user, runId }),
        });
        const outcome = outcomeOf(value);
        if (outcome !== undefined) {
          audit.append({
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
            outcome,
            payload_hash: sha256(JSON.stringify([entry.payload, facts.map((stored) => [stored.seq, stored.fact])])),
            trace_id: entry.traceId,
            at: now,
          });
        }
        return value;
      })
      .immediate();
    if (facts.length > 0 || hints.size > 0 || marked.length > 0) {
      const publication: Publication = { facts, hints: [...hints], reads: marked, seq: seq() };
      for (const listener of listeners) {
        // The commit stands: who cannot bear the news must not make its maker fail.
        try {
          listener(publication);
        } catch (error) {
          log('error', 'a subscriber threw', { error: error instanceof Error ? error.stack : String(error) });
        }
      }
    }
    return result;
  }

  return {
    act,
    seq,

    /** A mutation with its receipt: a repeated key replays, a key used for another body is a conflict. */
    answer(entry: Entry, receipt: ReceiptKey, work: (tx: Tx) => Answer): Answer | { conflict: true } {
      const stored = findReceipt.get(entry.actor, receipt.door, receipt.key);
      if (stored !== undefined)
        return stored.body_hash === receipt.bodyHash ? { status: stored.status, body: stored.body } : { conflict: true };
      return act(
        entry,
        (tx) => {
          const answer = work(tx);
          // "Try again later" is no answer to keep: the same request may succeed then.
          if (answer.status !== 429)
            putReceipt.run(entry.actor, receipt.door, receipt.key, receipt.bodyHash, answer.status, answer.body, tx.now);
          return answer;
        },
        (answer) => (answer.status < 400 ? 'accepted' : `refused ${answer.status}`),
      );
    },

    /** What an effect saw; `settles` is the effect that is done with it, in the same transaction. A refused report changes nothing and leaves no trace but the caller's log. */
    report(runId: string, command: RunCommand, traceId: string, settles?: number): Committed {
      return act(
        { actor: 'daemon', action: command.type, subject: runId, traceId, payload: command },
        (tx) => {
          const committed = tx.run(runId, command);
          if (committed.ok && settles !== undefined) outbox.done(settles, tx.now);
          return committed;
        },
        (committed) => (committed.ok && committed.facts.length > 0 ? 'stated' : undefined),
      );
    },

    subscribe(listener: (publication: Publication) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export type Ledger = ReturnType<typeof openLedger>;
