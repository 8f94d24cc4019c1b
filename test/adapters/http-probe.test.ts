import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpProbe } from '../../daemon/adapters/http-probe.ts';
import { ODD_ANSWERS, startOddServer } from '../support/odd-server.ts';

let server: Server;
let port: number;
let asked: string[];

beforeAll(async () => {
  asked = [];
  server = createServer((request, reply) => {
    asked.push(request.url ?? '');
    reply.end('here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

test.each([
  ['/käse', '/k%C3%A4se'],
  ['/a b?q=ü x', '/a%20b?q=%C3%BC%20x'],
  ['/line\nbreak', '/line%0Abreak'],
  ['/half \ud800', '/half%20%EF%BF%BD'],
  ['/%C3%A4?x=1&y=%20', '/%C3%A4?x=1&y=%20'],
])('asks for %j as a browser would', async (path, onTheWire) => {
  expect(await httpProbe({ port }, { authority: 'app.localhost', path, timeoutMs: 5_000 })).toMatchObject({ end: 'answered', status: 200 });
  expect(asked.at(-1)).toBe(onTheWire);
});

test('what cannot be asked at all is no answer, never an exception', async () => {
  const probe = httpProbe({ port }, { authority: 'two\nlines', path: '/', timeoutMs: 5_000 });
  expect(await probe).toMatchObject({ end: 'no_answer', detail: expect.stringContaining('Invalid character') });
});

test.each(['upgrade', 'chattyUpgrade', 'half', 'headers', 'twoFrames', 'noHttp', 'nothing'] as const)(
  'an app that answers with %s has given no answer',
  async (answer) => {
    const oddPort = await startOddServer(ODD_ANSWERS[answer]);
    expect(await httpProbe({ port: oddPort }, { authority: 'app.localhost', path: '/', timeoutMs: 5_000 })).toMatchObject({
      end: 'no_answer',
    });
  },
);

test('an answer that never ends is over when its time is', async () => {
  const slow = createServer((_request, reply) => void reply.write('and '));
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const slowPort = (slow.address() as AddressInfo).port;
  expect(await httpProbe({ port: slowPort }, { authority: 'app.localhost', path: '/', timeoutMs: 200 })).toMatchObject({
    end: 'no_answer',
    detail: 'no answer within 200 ms',
  });
  slow.closeAllConnections();
  slow.close();
});
