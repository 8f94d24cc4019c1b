import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type AgentBench, openAgentBench } from '../support/agent-bench.ts';
import { answer, run, say } from '../support/scripted-model.ts';

const benches: AgentBench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});
const setup = async (...given: Parameters<typeof openAgentBench>) => {
  const bench = await openAgentBench(...given);
  benches.push(bench);
  return bench;
};

test.each([
  ['a wrong key', [{ http: 401 }], 'signed_out'],
  ['too many requests', [{ http: 429 }], 'rate_limited'],
  [
    'no credit',
    [{ http: 429, body: { error: { code: 'insufficient_quota', message: 'no credit', type: 'insufficient_quota' } } }],
    'rate_limited',
  ],
  ['a broken provider', [{ http: 500 }], 'unreachable'],
  ['an answer that breaks off', [{ drop: true }], 'unreachable'],
  ['a request the provider finds wrong', [{ http: 400 }], 'crashed'],
] as const)('NET-05 %s ends the attempt within seconds and says so', async (_what, script, reason) => {
  const bench = await setup(script);
  const outcome = await bench.work('go');
  expect(outcome).toMatchObject({ end: 'failed', reason, survivors: [] });
  expect(outcome.durationMs).toBeLessThan(15_000);
  expect(bench.model.requests.length).toBeLessThanOrEqual(12);
});

test('NET-05 a provider that is not there, or speaks no TLS, ends the attempt within seconds', async () => {
  const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  await new Promise((resolve) => plain.once('listening', resolve));
  const { port } = plain.address() as { port: number };
  for (const [baseUrl, detail] of [
    ['http://127.0.0.1:9/v1', 'ECONNREFUSED'],
    [`https://127.0.0.1:${port}/v1`, 'wrong version number'],
  ] as const) {
    const bench = await setup([say('never asked')], { provider: { name: 'gone', baseUrl } });
    const outcome = await bench.work('go');
    expect(outcome).toMatchObject({ end: 'failed', reason: 'unreachable', detail: expect.stringContaining(detail) });
    expect(outcome.durationMs).toBeLessThan(15_000);
  }
  plain.close();
});

test('too many requests for a while are waited out within the turn', async () => {
  const bench = await setup([run('true'), { hold: 'busy', http: 429 }]);
  const working = bench.work('go');
  await bench.model.reached('busy');
  bench.model.teach('default', [run('true'), answer()]);
  bench.model.release('busy');
  expect(await working, bench.told.log).toMatchObject({ end: 'finished' });
  expect(bench.told.log).toContain('rate limit');
});
