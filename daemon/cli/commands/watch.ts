import type { RunEvent } from '#shared/run.ts';
import type { Notice } from '#shared/stream.ts';
import { eventWords } from '#shared/ui/event-words.ts';
import { clockTime } from '#shared/ui/relative-time.ts';
import { commandLine } from '../call-again.ts';
import type { Handler } from '../command.ts';
import { atDoor, print, wholeNumber } from '../door.ts';
import { type AnyCall, must } from '../door-call.ts';
import { runId } from '../find-run.ts';
import { notices } from '../notices.ts';
import { EXIT, exitOfRun } from '../outcome.ts';

const ENDS = ['merged', 'failed', 'canceled', 'expired'];

/** Follows the facts of all runs, or of one until it has ended. */
export const watch: Handler<'watch'> = atDoor((call) => {
  const after = call.flags.after === undefined ? undefined : wholeNumber('after', call.flags.after, 0);
  return call.words.length === 0 ? watchAll(call, after) : watchOne(call, after ?? 0);
});

async function watchAll(call: AnyCall, after: number | undefined): Promise<number> {
  const { daemon, terminal } = call;
  const stop = terminal.interrupted();
  let last = after ?? must(await daemon.client.call('status', {})).seq;
  for await (const { seq, notice } of notices(daemon, last, stop, () => sayLost(call, last))) {
    last = seq;
    if (notice !== undefined) tell(call, notice);
  }
  terminal.err(`Go on where this ended: ${commandLine(call, `watch --after ${last}`)}\n`);
  return EXIT.interrupted;
}

async function watchOne(call: AnyCall, after: number): Promise<number> {
  const { daemon, terminal } = call;
  const id = await runId(call);
  const stop = terminal.interrupted();
  // In this order what is read overlaps: nothing falls between past and stream, and what both hold is told once.
  const { seq: from } = must(await daemon.client.call('status', {}));
  const { run } = must(await daemon.client.call('getRun', { params: { id } }));
  const { events } = must(await daemon.client.call('getRunEvents', { params: { id }, query: { after } }));
  let last = after;
  const take = (event: RunEvent): boolean => {
    if (event.seq <= last) return false;
    last = event.seq;
    tell(call, { type: 'run', seq: event.seq, event });
    return ended(event);
  };
  for (const event of events) if (take(event)) return exitOfRun(event.to!);
  if (run.endedAt !== undefined) return exitOfRun(run.state);
  for await (const { notice } of notices(daemon, from, stop, () => sayLost(call, last))) {
    if (notice?.type === 'run' && notice.event.runId === id && take(notice.event)) return exitOfRun(notice.event.to!);
  }
  terminal.err(`The run goes on without you. Go on where this ended: ${commandLine(call, `watch ${id} --after ${last}`)}\n`);
  return EXIT.interrupted;
}

const ended = ({ from, to }: RunEvent): boolean => to !== undefined && from !== to && ENDS.includes(to);

const sayLost = ({ terminal }: AnyCall, last: number): void =>
  terminal.err(`The daemon does not answer for the moment. Nothing after ${last} will be left out.\n`);

function tell(call: AnyCall, notice: Notice): void {
  print(call, notice, noticeText);
}

/** A fact in one line, with its number; what is only hinted at has none, because there is nothing to go on after. */
function noticeText(notice: Notice): string {
  if (notice.type === 'slots' || notice.type === 'reads') return '';
  if (notice.type !== 'run')
    return `${' '.repeat(6)}  ${notice.type === 'releases' ? 'The releases' : 'The flags, devices or status'} have changed.\n`;
  const { event } = notice;
  const { text, detail } = eventWords(event);
  return `${String(notice.seq).padStart(6)}  ${clockTime(event.at)}  ${event.runId.slice(-6)}  ${text}${detail === undefined ? '' : `  ${detail.replaceAll('\n', ' ')}`}\n`;
}
