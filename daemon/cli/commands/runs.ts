import { RUN_STATES } from '#shared/run.ts';
import type { Handler } from '../command.ts';
import { door, limitOf, linesOf } from '../door.ts';
import { runId } from '../find-run.ts';
import { runLine, runWords } from '../lines.ts';
import { UsageError } from '../outcome.ts';
import { suggest } from '../suggest.ts';

export const runs: Handler<'runs'> = door(
  ({ daemon, flags }) =>
    daemon.client.call('listRuns', {
      query: {
        ...limitOf(flags),
        ...(flags.only === undefined ? {} : { state: statesOf(flags.only) }),
        ...(flags.author === undefined ? {} : { author: flags.author }),
        ...(flags.route === undefined ? {} : { route: flags.route }),
        ...(flags.search === undefined ? {} : { q: flags.search }),
        ...(flags.archived === true ? { archived: 'true' } : {}),
        ...(flags.unread === true ? { unread: 'true' } : {}),
        ...(flags.cursor === undefined ? {} : { cursor: flags.cursor }),
      },
    }),
  ({ runs: listed, nextCursor }) =>
    `${linesOf(listed.map(runLine), 'No runs.')}${nextCursor === undefined ? '' : `More: --cursor ${nextCursor}\n`}`,
);

function statesOf(given: string): string {
  for (const state of given.split(',')) {
    if ((RUN_STATES as readonly string[]).includes(state)) continue;
    const near = suggest(state, RUN_STATES);
    throw new UsageError(
      `"${state}" is no state of a run.${near === undefined ? ` They are ${RUN_STATES.join(', ')}.` : ` Did you mean ${near}?`}`,
    );
  }
  return given;
}

export const cancel: Handler<'cancel'> = door(
  async (call) => call.daemon.client.call('cancelRun', { params: { id: await runId(call) }, body: {} }),
  ({ run }) => runWords(run),
);

export const archive: Handler<'archive'> = door(
  async (call) => call.daemon.client.call('archiveRun', { params: { id: await runId(call) }, body: { archived: true } }),
  ({ run }) => `${run.id}  is in the archive.\n`,
);

export const unarchive: Handler<'unarchive'> = door(
  async (call) => call.daemon.client.call('archiveRun', { params: { id: await runId(call) }, body: { archived: false } }),
  ({ run }) => `${run.id}  is out of the archive.\n`,
);

/** As it stands when this asks: news that come after it are unread. */
export const read: Handler<'read'> = door(
  async (call) => {
    const params = { id: await runId(call) };
    const found = await call.daemon.client.call('getRun', { params });
    return found.ok ? call.daemon.client.call('markRun', { params, body: { seen: found.value.run.version } }) : found;
  },
  ({ run }) => `${run.id}  is read.\n`,
);

export const unread: Handler<'unread'> = door(
  async (call) => call.daemon.client.call('markRun', { params: { id: await runId(call) }, body: { seen: null } }),
  ({ run }) => `${run.id}  is unread.\n`,
);
