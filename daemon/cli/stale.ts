import type { Diff } from '#shared/review.ts';
import type { Run } from '#shared/run.ts';
import { eventWords } from '#shared/ui/event-words.ts';
import { clockTime } from '#shared/ui/relative-time.ts';
import { commandLine } from './call-again.ts';
import { statText } from './diff-text.ts';
import { tell } from './door.ts';
import { type AnyCall, must } from './door-call.ts';
import { EXIT } from './outcome.ts';
import { visible } from './visible.ts';

/** Says that the run is no longer at the commit that was looked at, and what has happened to it since. */
export async function sayStale(call: AnyCall, run: Run, wanted: string, now: Diff, shown?: Diff): Promise<number> {
  const { events } = must(await call.daemon.client.call('getRunEvents', { params: { id: run.id }, query: {} }));
  const at = events.findLastIndex(({ payload }) =>
    Object.values(payload).some((value) => typeof value === 'string' && value.startsWith(wanted)),
  );
  const since = at < 0 ? [] : events.slice(at + 1).map((event) => `  ${clockTime(event.at)}  ${eventWords(event).text}`);
  const said = [
    at < 0
      ? `No commit of this run begins with ${wanted}; nothing was approved. It is at ${now.head.slice(0, 10)}:`
      : `The change has moved on since ${wanted.slice(0, 10)}; nothing was approved. It is at ${now.head.slice(0, 10)} now:`,
    ...(shown === undefined ? [statText(now).trimEnd()] : changedFiles(shown, now)),
    ...(since.length === 0 ? [] : ['Since then:', ...since]),
  ];
  const failure = { code: 'stale', message: visible(said.join('\n')), details: { headCommit: now.head } };
  tell(
    call,
    failure,
    `Look at it: ${commandLine(call, `diff ${run.id}`)}, then: ${commandLine(call, `approve ${run.id} --head ${now.head.slice(0, 10)}`)}`,
  );
  return EXIT.refused;
}

function changedFiles(shown: Diff, now: Diff): readonly string[] {
  const before = new Map(shown.files.map((file) => [file.path, JSON.stringify(file)]));
  const after = new Map(now.files.map((file) => [file.path, JSON.stringify(file)]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    if (before.get(path) === after.get(path)) return [];
    return [`  ${!before.has(path) ? 'new in it' : !after.has(path) ? 'no longer in it' : 'other than it was'}: ${path}`];
  });
}
