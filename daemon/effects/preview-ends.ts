import type { Parts } from './parts.ts';

/** How soon a ledger that refused to be written is tried again. */
const AGAIN_MS = 5_000;

/** A preview that ends so often by itself is left down. */
const FALLS = 3;

/** Hears of previews that ended by themselves. */
export interface PreviewEnds {
  ended(runId: string, detail: string): void;
  stop(): void;
}

/**
 * A preview that ended by itself is brought back a few times, then left down and said. It ends whenever it likes: a ledger
 * that cannot be written then (disk full) is told later.
 */
export function createPreviewEnds(parts: Pick<Parts, 'ledger' | 'queries' | 'outbox' | 'clock' | 'log'>): PreviewEnds {
  const { clock, log } = parts;
  const untold = new Set<() => void>();

  function ended(runId: string, detail: string): void {
    try {
      bringBack(parts, runId, detail);
    } catch (error) {
      log('error', 'the end of a preview could not be recorded', { run: runId, detail, error: String(error) });
      const cancel = clock.after(AGAIN_MS, () => {
        untold.delete(cancel);
        ended(runId, detail);
      });
      untold.add(cancel);
    }
  }

  return {
    ended,
    stop() {
      for (const cancel of untold) cancel();
      untold.clear();
    },
  };
}

function bringBack({ ledger, queries, outbox }: Pick<Parts, 'ledger' | 'queries' | 'outbox'>, runId: string, detail: string): void {
  const run = queries.find(runId);
  if (run?.fence === undefined) return;
  const { fence, traceId } = run;
  ledger.act(
    { actor: 'daemon', action: 'preview_ended', subject: runId, traceId, payload: { detail } },
    (tx) => {
      const reported = tx.run(runId, { type: 'report_preview_ended', fence, detail });
      if (!reported.ok) return undefined;
      const falls = queries.events(runId, 0).filter((event) => event.type === 'preview.ended').length;
      // While it is being tested, whoever tests it sees the end itself.
      if (run.state === 'testing' || falls > FALLS) return 'left down';
      outbox.owe('start_preview', tx.now, { runId, fence });
      tx.hint('slots');
      return 'brought back';
    },
    (outcome) => outcome,
  );
}
