import type { Run } from '#shared/run.ts';
import { type AnyCall, must } from './door-call.ts';
import { Unreachable } from './http-call.ts';
import { notices } from './notices.ts';
import { openProgress } from './progress.ts';

/** What a command waits for besides the end of the run. */
export type Until = (run: Run) => boolean;

/** A person is asked for, or the run has ended. */
export const needsSomebody: Until = (run) =>
  run.endedAt !== undefined || run.state === 'needs_approval' || run.reason?.code === 'PATCH_PROPOSED';

/** Live, or not: after an approval. */
export const hasLanded: Until = (run) => run.endedAt !== undefined || run.state === 'needs_approval';

/** The daemon went away between two looks: the stream comes back with it, or gives up. */
function whenAway(error: unknown): undefined {
  if (!(error instanceof Unreachable)) throw error;
}

/** Follows a run until it is there; undefined when the person stopped waiting. */
export async function waitFor(call: AnyCall, id: string, until: Until): Promise<Run | undefined> {
  const { terminal, flags, daemon } = call;
  const stop = terminal.interrupted();
  const progress = openProgress(terminal, flags.json === true);
  const look = async () => {
    const { run } = must(await daemon.client.call('getRun', { params: { id } }));
    progress.show(run);
    return run;
  };
  try {
    const { seq } = must(await daemon.client.call('status', {}));
    const first = await look();
    if (until(first)) return first;
    const news = notices(daemon, seq, stop, () =>
      progress.note('The daemon does not answer for the moment. The run is safe; still waiting.'),
    );
    for await (const { notice } of news) {
      if (notice !== undefined && (notice.type !== 'run' || notice.event.runId !== id)) continue;
      const run = await look().catch(whenAway);
      if (run !== undefined && until(run)) return run;
    }
    return undefined;
  } finally {
    progress.end();
  }
}
