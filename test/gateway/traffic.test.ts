import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { httpProbe } from '../../daemon/adapters/http-probe.ts';
import { createTraffic } from '../../daemon/gateway/traffic.ts';
import { TestGateway, until } from './run-gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await new TestGateway().start();
});
afterEach(() => gateway.end());

const trafficOf = async (releaseId: string) =>
  (await gateway.state()).releases.find((release: { releaseId: string }) => release.releaseId === releaseId)?.traffic;
const NONE = { requests: 0, serverErrors: 0, noAnswer: 0, failing: [] };

test('requests are counted by what became of them, for the release that had the traffic when they came', async () => {
  await gateway.goLive('rel_1');
  expect(await trafficOf('rel_1')).toEqual(NONE);
  for (const code of [200, 302, 404, 499]) await gateway.production(`/status?code=${code}`);
  await gateway.production('/status?code=500&token=abc');
  await gateway.production('/status?code=503', { method: 'POST', body: 'x' });
  expect((await gateway.production('/hang-up')).status).toBe(502);
  expect(await trafficOf('rel_1')).toEqual({
    requests: 7,
    serverErrors: 2,
    noAnswer: 1,
    failing: [
      { path: '/status', count: 2 },
      { path: '/hang-up', count: 1 },
    ],
  });
  const slow = gateway.production('/slow?ms=600');
  await until(
    () => gateway.state(),
    (state) => state.releases[0].inFlight === 1,
  );
  await gateway.goLive('rel_2');
  await gateway.production('/');
  await slow;
  expect([(await trafficOf('rel_1')).requests, (await trafficOf('rel_2')).requests]).toEqual([8, 1]);
});

test('a websocket counts once, a refused one by its answer', async () => {
  await gateway.goLive('rel_1');
  const open = (path: string) =>
    new Promise<void>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, { headers: { host: `app.localhost:${gateway.port}` } });
      socket.once('message', () => socket.close());
      socket.once('error', () => {});
      socket.once('close', () => resolve());
    });
  await open('/ws');
  await open('/no-ws');
  expect(await trafficOf('rel_1')).toEqual({ ...NONE, requests: 2 });
});

test('what the daemon looks at, previews and names that are not served are no traffic of production', async () => {
  await gateway.goLive('rel_1');
  const app = await gateway.startPreviewApp('p');
  await gateway.control('PUT', '/preview', { host: 'preview1.localhost', target: { unix: app.unix } });
  expect((await gateway.preview(1, '/status?code=500')).status).toBe(500);
  expect((await gateway.production('/', { headers: { host: 'elsewhere.example' } })).status).toBe(403);
  const probe = await httpProbe(
    { port: gateway.port },
    { authority: `app.localhost:${gateway.port}`, path: '/status?code=500', timeoutMs: 5_000 },
  );
  expect(probe).toMatchObject({ end: 'answered', status: 500 });
  expect(await trafficOf('rel_1')).toEqual(NONE);
  await gateway.production('/');
  expect((await trafficOf('rel_1')).requests).toBe(1);
});

test('a release that is kept warm keeps its counts, one that is stopped loses them', async () => {
  await gateway.goLive('rel_1');
  await gateway.production('/');
  await gateway.goLive('rel_2');
  await gateway.control('POST', '/retire', { keepWarm: ['rel_1'] });
  expect((await trafficOf('rel_1')).requests).toBe(1);
  await gateway.control('POST', '/retire', { keepWarm: [] });
  await gateway.startRelease('rel_1');
  expect(await trafficOf('rel_1')).toEqual(NONE);
});

test('paths that visitors make up cost bounded memory, and long parts of them are not kept', () => {
  const traffic = createTraffic();
  for (let n = 0; n < 100_000; n += 1) traffic.count('r', `/made-up/${n}?${n}`, 500);
  for (let n = 0; n < 5; n += 1) traffic.count('r', '/made-up/7', undefined);
  for (let n = 0; n < 10; n += 1) traffic.count('r', '/orders', 500);
  const { failing, ...rest } = traffic.of('r');
  expect(rest).toEqual({ requests: 100_015, serverErrors: 100_010, noAnswer: 5 });
  // The first request to /made-up/7 was forgotten with the others of its kind.
  expect(failing.slice(0, 2)).toEqual([
    { path: '/orders', count: 10 },
    { path: '/made-up/7', count: 5 },
  ]);
  const full = createTraffic();
  for (let n = 0; n < 1_000; n += 1) for (const times of [1, 2]) full.count('r', `/twice/${n}?${times}`, 500);
  for (let n = 0; n < 5; n += 1) full.count('r', '/too-late', 500);
  expect(full.of('r')).toMatchObject({ requests: 2_005, failing: [0, 1, 2].map((n) => ({ path: `/twice/${n}`, count: 2 })) });
  const other = createTraffic();
  other.count('r', `/reset/${'a1'.repeat(20)}/now?x=${'y'.repeat(50)}`, 500);
  expect(other.of('r').failing).toEqual([{ path: '/reset/***/now', count: 1 }]);
});
