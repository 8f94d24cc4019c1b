import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DaemonFrame } from '#shared/socket.ts';
import { temporaryFolder } from '../scripts/temporary-folder.ts';
import { entry, runAt, runIdOf, send } from '../store/temporary-store.ts';
import { openSocketClient, type SocketClient } from '../support/socket-client.ts';
import { openRealDoor, SECRET } from './support/open-real-door.ts';

type Output = DaemonFrame & { type: 'output' };

/** Follows a log on a socket from an offset and keeps its pieces. */
function follow(client: SocketClient, runId: string, stream: string, offset: number) {
  const pieces: Output[] = [];
  let look = () => {};
  client.ws.on('message', (data) => {
    const frame = JSON.parse(data.toString()) as DaemonFrame;
    if (frame.type === 'output') pieces.push(frame);
    look();
  });
  client.say({ v: 1, type: 'follow', runId, stream, offset });
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      look = () => holds() && resolve();
      look();
    });
  return { pieces, until, next: () => pieces.at(-1)?.next ?? offset, text: () => pieces.map(({ data }) => data).join('') };
}

test('a log that is followed over cuts and crashes is had byte for byte, and ends only when its writer or its run did', async () => {
  const folder = temporaryFolder('streams');
  let door = await openRealDoor({ folder });
  const run = runAt(door.store, 'editing');
  let offset = 0;
  let had = '';
  for (let life = 0; life < 4; life++) {
    const { store } = door;
    const log = store.logs.open(run.id, 'agent', (kept) => store.progress.artifact(run.id, 'log/agent', kept, store.clock.now()));
    for (let cut = 0; cut < 3; cut++) {
      const client = await openSocketClient(door.identity);
      const output = follow(client, run.id, 'agent', offset);
      const words = `life ${life} cut ${cut} ${'äß€😀'.repeat(500 * cut)}\n`;
      // Never a whole character at a time.
      const bytes = Buffer.from(words);
      for (let at = 0; at < bytes.length; at += 997) log.write(bytes.subarray(at, at + 997));
      await output.until(() => output.text().endsWith('\n'));
      expect(output.pieces.every((piece, index) => piece.offset === (index === 0 ? offset : output.pieces[index - 1]!.next))).toBe(true);
      expect(output.pieces.some(({ finished }) => finished)).toBe(false);
      offset = output.next();
      had += output.text();
      client.ws.terminate();
    }
    if (life === 3) {
      const client = await openSocketClient(door.identity);
      const output = follow(client, run.id, 'agent', offset);
      await log.close();
      await output.until(() => output.pieces.at(-1)?.finished === true);
      await client.close();
      break;
    }
    // The process dies with the log half written: nobody writes it now, yet it has not ended.
    await door.stop();
    door = await openRealDoor({ folder });
    const client = await openSocketClient(door.identity);
    const output = follow(client, run.id, 'agent', offset);
    client.say({ v: 1, type: 'ping' });
    await client.next('pong');
    expect(output.pieces).toEqual([]);
    await client.close();
  }
  expect(Buffer.from(had)).toEqual(readFileSync(join(folder, 'logs/runs', run.id, 'agent.log')));
  expect(Buffer.byteLength(had)).toBe(offset);
});

test('a log that was left half written ends with its run', async () => {
  const door = await openRealDoor({});
  const run = runAt(door.store, 'editing');
  door.store.logs.open(run.id, 'agent').write('half');
  await door.store.logs.open(run.id, 'setup').close();
  const client = await openSocketClient(door.identity);
  const output = follow(client, run.id, 'setup', 0);
  client.say({ v: 1, type: 'ping' });
  await client.next('pong');
  expect(output.pieces).toEqual([]);
  send(door.store, run.id, { type: 'cancel_run' });
  await output.until(() => output.pieces.at(-1)?.finished === true);
  await client.close();
});

/** The stream from a position, with what has come of it. */
async function openEvents(port: number, after: number) {
  const seqs: number[] = [];
  let text = '';
  let look = () => {};
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${SECRET}`, 'x-codex-builder-protocol': '1' };
    httpRequest({ host: '127.0.0.1', port, path: `/api/events?after=${after}`, agent: false, headers }, resolve)
      .on('error', reject)
      .end();
  });
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  response.on('error', () => {}); // it is cut
  const read = () =>
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const id = /^id: (\d+)\nevent: run\n/.exec(block)?.[1];
        if (id !== undefined) seqs.push(Number(id));
      }
      look();
    });
  const until = (last: number) =>
    new Promise<void>((resolve) => {
      look = () => seqs.at(-1) === last && resolve();
      look();
    });
  return { seqs, closed, read, until, end: () => response.destroy() };
}

test('a reader that takes nothing is cut off instead of being kept for, and resumes without a gap', async () => {
  const door = await openRealDoor({ queueLimit: 10_000 }, { unreadBytes: 64 * 1_024, replayBytes: 32 * 1_024 });
  const { ledger } = door.store;
  const deaf = await openEvents(door.port, 0);
  const prompt = 'x'.repeat(32_000);
  // More than the system itself keeps for a connection.
  for (let batch = 0; batch < 24; batch++) {
    ledger.act(entry('request_run', 'many'), (tx) => {
      for (let n = 1; n <= 25; n++) tx.run(runIdOf(batch * 25 + n), { type: 'request_run', request: { prompt }, demo: false });
    });
    await new Promise(setImmediate);
  }
  deaf.read();
  await deaf.closed;
  const last = ledger.seq();
  expect(deaf.seqs.length).toBeLessThan(last);
  expect(deaf.seqs).toEqual(Array.from({ length: deaf.seqs.length }, (_, index) => index + 1));

  const resumed = await openEvents(door.port, deaf.seqs.at(-1) ?? 0);
  resumed.read();
  await resumed.until(last);
  expect([...deaf.seqs, ...resumed.seqs]).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  resumed.end();
});
