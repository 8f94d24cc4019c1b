import { afterAll, beforeAll, expect, test } from 'vitest';
import { ODD_ANSWERS } from '../support/odd-server.ts';
import { TestGateway } from './run-gateway.ts';

const gateway = new TestGateway();
beforeAll(async () => {
  await gateway.start();
  await gateway.goLive('rel_odd');
}, 20_000);
afterAll(() => gateway.end(), 20_000);

test.each(['upgrade', 'chattyUpgrade', 'badStatus', 'headers', 'twoFrames', 'noHttp', 'nothing'] as const)(
  'PRV-11 an app that answers with %s leaves nobody waiting, and the next request is served',
  async (answer) => {
    const answered = await gateway.production('/raw', { method: 'POST', body: ODD_ANSWERS[answer] });
    expect(answered.status).toBe(502);
    expect((await gateway.production('/')).status).toBe(200);
  },
);
