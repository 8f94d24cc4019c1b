import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { DoorReply } from '#shared/api.ts';
import { ReleaseId } from '#shared/ids.ts';
import { commandLine } from '../call-again.ts';
import type { Handler } from '../command.ts';
import { atDoor, linesOf, print, wholeNumber } from '../door.ts';
import { type AnyCall, type DoorCall, must } from '../door-call.ts';
import { runId } from '../find-run.ts';
import { EXIT, UsageError } from '../outcome.ts';
import { suggest } from '../suggest.ts';
import { visible, withoutColours } from '../visible.ts';

type Part = DoorReply<'getLog'>;

/** A live log is asked for news so often. */
const LOOK_MS = 500;

/** Lists the logs of a run or a release, or prints one from a byte on, if wanted until it is finished. */
export const logs: Handler<'logs'> = atDoor(async (call) => {
  const [owner, name] = call.words;
  const from = call.flags.from === undefined ? 0 : wholeNumber('from', call.flags.from, 0);
  const isRelease = z.safeParse(ReleaseId, owner).success;
  const id = isRelease ? owner! : await runId(call);
  if (name === undefined) {
    const listed = await namesOf(call, id, isRelease);
    print(call, { logs: listed }, (value) =>
      linesOf(
        value.logs.map((log) => logLine(log)),
        'There are no logs yet.',
      ),
    );
    return 0;
  }
  return read(call, id, isRelease, name, from);
});

interface Listed {
  name: string;
  bytes?: number;
  finished?: boolean;
}

const logLine = ({ name, bytes, finished }: Listed): string =>
  bytes === undefined ? name : `${name.padEnd(24)}  ${String(bytes).padStart(9)} bytes${finished === true ? '' : '  being written'}`;

async function namesOf(call: AnyCall, id: string, isRelease: boolean): Promise<readonly Listed[]> {
  const { daemon } = call;
  if (!isRelease) return must(await daemon.client.call('getRun', { params: { id } })).logs;
  const { releases } = must(await daemon.client.call('listReleases', { query: { limit: 200 } }));
  const release = releases.find((each) => each.id === id);
  if (release?.runId !== undefined)
    throw new UsageError(`This release belongs to a run, which has its logs: ${commandLine(call, `logs ${release.runId}`)}`);
  return (release?.logs ?? []).map((name) => ({ name }));
}

async function read(call: DoorCall<'logs'>, id: string, isRelease: boolean, name: string, from: number): Promise<number> {
  const { flags, terminal, daemon } = call;
  const stop = flags.follow === true ? terminal.interrupted() : undefined;
  for (let at = from; ; ) {
    const asked = { params: { id, name }, query: { from: at } };
    const reply = isRelease ? await daemon.client.call('getReleaseLog', asked) : await daemon.client.call('getLog', asked);
    if (!reply.ok && reply.code === 'not_found') await refuseName(call, id, isRelease, name);
    const part = must(reply);
    if (part.next > at || flags.json === true) write(call, part);
    const isAtEnd = part.next === at;
    at = part.next;
    if (isAtEnd && (part.finished || stop === undefined)) return 0;
    if (stop?.aborted === true) {
      terminal.err(`\nGo on where this ended: ${commandLine(call, `logs ${id} ${name} --follow --from ${at}`)}\n`);
      return EXIT.interrupted;
    }
    if (isAtEnd) await delay(LOOK_MS, undefined, stop === undefined ? {} : { signal: stop }).catch(() => {});
  }
}

function write({ flags, terminal }: DoorCall<'logs'>, part: Part): void {
  if (flags.json === true) {
    if (part.text !== '' || part.finished) terminal.out(`${JSON.stringify(part)}\n`);
  } else terminal.out(flags.raw === true ? part.text : visible(withoutColours(part.text)));
}

async function refuseName(call: AnyCall, id: string, isRelease: boolean, name: string): Promise<void> {
  const known = (await namesOf(call, id, isRelease)).map((log) => log.name);
  if (known.includes(name)) return;
  const near = suggest(name, known);
  const said =
    near === undefined ? (known.length === 0 ? ' There are none yet.' : ` There are: ${known.join(', ')}.`) : ` Did you mean ${near}?`;
  throw new UsageError(`There is no log "${name}".${said}`);
}
