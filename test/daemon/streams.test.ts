import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { API, type DoorName, type DoorReply, doorPath } from '#shared/api.ts';
import { type Answer, send } from '../http/support/raw-http.ts';
import { type DaemonProcess, endEverything, freePort, must, startDaemon, stateFolder, untilReleases } from '../support/daemon-process.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';
import { restlessEvents, restlessSocket } from '../support/stream-clients.ts';

const CLIENTS = 6;
const WRITERS = 4;
const RUNS_A_PHASE = 60;

let app: GeneratedApp;
let daemon: DaemonProcess;
let port: number;
let token: string;
let start: () => Promise<DaemonProcess>;

beforeAll(async () => {
  app = generateApp();
  port = await freePort();
  const state = stateFolder();
  const ports = { control: port, gateway: await freePort() };
  // Nobody is signed in, so every request ends by itself before it costs anything.
  start = () => startDaemon({ repo: app.repo, state, ports });
  daemon = await start();
  await untilReleases(daemon, (releases) => releases[0]?.state === 'live');
  token = readFileSync(join(state, 'cli-token'), 'utf8').trim();
}, 60_000);

afterAll(() => endEverything(daemon.state, app.repo));

/** Sends a change until somebody answers it: the same key each time, so that it is done once. */
async function persist<N extends DoorName>(
  name: N,
  body: unknown,
  params: Record<string, string> = {},
  key = randomBytes(8).toString('hex'),
) {
  for (;;) {
    const answer: Answer | undefined = await send(port, {
      method: API[name].method,
      path: doorPath(name, params),
      headers: {
        authorization: `Bearer ${token}`,
        'x-codex-builder-protocol': '1',
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
    }).catch(() => undefined);
    if (answer !== undefined && answer.status !== 503 && answer.status !== 429)
      return { status: answer.status, body: answer.json() as DoorReply<N>, key };
    await delay(20);
  }
}

/** Asks for many runs and ends each; answers the ids of those that were acknowledged. */
async function storm(): Promise<string[]> {
  const asked: string[] = [];
  let left = RUNS_A_PHASE;
  const write = async () => {
    while (left-- > 0) {
      const { body } = await persist('createRun', { prompt: `Change ${left} ${'x'.repeat(2_000)}` });
      asked.push(body.run.id);
      await persist('cancelRun', {}, { id: body.run.id });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return asked;
}

test('in a storm of events, cut off all the time, over crashes and restarts, each client sees each event once and in order', async () => {
  const pairing = await persist('createPairCode', { user: 'watcher', role: 'viewer' });
  const paired = await send(port, {
    method: 'POST',
    path: '/api/pair',
    headers: { origin: `http://127.0.0.1:${port}`, 'content-type': 'application/json', 'x-codex-builder-protocol': '1' },
    body: JSON.stringify({ code: pairing.body.code, name: 'watcher', kind: 'page' }),
  });
  const { device, secret } = paired.json() as DoorReply<'pair'>;
  const { seq: from } = await must(daemon.client.call('status', {}));
  const chance = () => Math.random() < 0.05;
  const clients = [
    ...Array.from({ length: CLIENTS }, () => restlessEvents(port, token, chance)),
    ...Array.from({ length: CLIENTS }, () => restlessSocket({ port, deviceId: device.id, secretHex: secret }, from, chance)),
  ];
  await expect.poll(() => clients.filter((client) => client.connections() > 0).length, { timeout: 20_000 }).toBe(clients.length);

  const asked: string[] = [];
  for (const end of ['kill', 'interrupt', 'kill'] as const) {
    const storming = storm();
    await expect.poll(() => Math.min(...clients.map(({ seqs }) => seqs.length)), { timeout: 30_000 }).toBeGreaterThan(asked.length + 20);
    await daemon[end]();
    daemon = await start();
    asked.push(...(await storming));
  }
  expect(asked).toHaveLength(3 * RUNS_A_PHASE);

  const events = (
    await Promise.all(asked.map(async (id) => (await must(daemon.client.call('getRunEvents', { params: { id } }))).events))
  ).flat();
  const truth = events.map(({ seq }) => seq).toSorted((a, b) => a - b);
  expect(truth.length).toBeGreaterThanOrEqual(2 * asked.length);
  await Promise.all(clients.map((client) => client.until(truth.at(-1)!)));
  for (const client of clients) {
    expect(client.begun()).toBe(from);
    expect(client.seqs).toEqual(truth);
    expect(client.connections()).toBeGreaterThan(4);
    // What has no place in the order is asked for again after each beginning.
    for (const hint of ['slots', 'releases', 'status', 'reads']) expect(client.hints.get(hint) ?? 0, hint).toBeGreaterThanOrEqual(3);
  }
  await Promise.all(clients.map((client) => client.end()));

  // A code that was told before the restarts is not told again: nobody kept it.
  const again = await persist('createPairCode', { user: 'watcher', role: 'viewer' }, {}, pairing.key);
  expect([pairing.status, again.status, again.body]).toMatchObject([201, 409, { error: { code: 'shown_once' } }]);
}, 120_000);
