import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openFrameSocket } from '../support/socket-client.ts';
import { INPUTS } from './support/canned-handlers.ts';
import { EXTENSION, type OpenDoor, openDoor, without } from './support/open-door.ts';
import { foreignHosts, foreignOrigins } from './support/origin-corpus.ts';
import { exchange, send, statusOf } from './support/raw-http.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.stop());
beforeEach(() => {
  door.seen.length = 0;
  door.store.refused.length = 0;
});

const upgradeHeaders = (host: string, origin: string) =>
  `GET /ws HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
const upgradeStatus = async (host: string, origin: string) =>
  statusOf(await exchange(door.port, upgradeHeaders(host, origin), (soFar) => soFar.includes('\r\n\r\n')));

describe('Host', () => {
  test('WEB-01 WEB-02 every foreign Host is turned away from a read, a change, the page, the stream and the upgrade, and nothing happens', async () => {
    for (const [host, status] of foreignHosts(door.port)) {
      const headers = door.headers({ host });
      const answers = [
        await send(door.port, { path: '/api/status', headers }),
        await send(door.port, { method: 'POST', path: '/api/runs', headers, body: '{"prompt":"x"}' }),
        await send(door.port, { method: 'POST', path: '/api/pair', headers, body: JSON.stringify(INPUTS.pair.body) }),
        await send(door.port, { path: '/codex', headers: { host } }),
        await send(door.port, { path: '/healthz', headers: { host } }),
        await send(door.port, { path: '/api/events', headers }),
      ];
      expect([host, ...answers.map((answer) => answer.status)]).toEqual([host, ...answers.map(() => status)]);
      expect([host, await upgradeStatus(host, door.page)]).toEqual([host, status]);
    }
    expect(door.seen).toEqual([]);
  });

  test('WEB-01 a rebound name is audited', async () => {
    const other = await openDoor();
    await send(other.port, { path: '/api/status?token=x', headers: other.headers({ host: `rebind.evil:${other.port}` }) });
    await other.stop();
    expect(other.store.refused).toMatchObject([{ actor: 'nobody', subject: 'GET /api/status', code: 'forbidden', repeats: 1 }]);
  });

  test('WEB-02 a missing or doubled Host, and any other doubled header that decides, is 400', async () => {
    const line = 'GET /healthz HTTP/1.1\r\n';
    const host = `Host: 127.0.0.1:${door.port}\r\n`;
    const once = 'Connection: close\r\n';
    expect(statusOf(await exchange(door.port, `${line}${once}${host}\r\n`))).toBe(200);
    for (const more of ['', host + host, `${host}Host: evil\r\n`, `${host}Origin: ${door.page}\r\nOrigin: http://evil\r\n`]) {
      expect(statusOf(await exchange(door.port, `${line}${once}${more}\r\n`))).toBe(400);
    }
    const twice = `${host}Authorization: ${door.owner.bearer}\r\nAuthorization: ${door.cli.bearer}\r\nX-Codex-Builder-Protocol: 1\r\n`;
    expect(statusOf(await exchange(door.port, `GET /api/status HTTP/1.1\r\n${once}${twice}\r\n`))).toBe(400);
  });

  test('WEB-03 an absolute-form request line and HTTP/1.0 without Host are 400', async () => {
    const host = `Host: 127.0.0.1:${door.port}\r\nConnection: close\r\n`;
    expect(statusOf(await exchange(door.port, `GET http://evil/ HTTP/1.1\r\n${host}\r\n`))).toBe(400);
    expect(statusOf(await exchange(door.port, `GET http://127.0.0.1:${door.port}/healthz HTTP/1.1\r\n${host}\r\n`))).toBe(400);
    expect(statusOf(await exchange(door.port, 'GET /healthz HTTP/1.0\r\n\r\n'))).toBe(400);
    expect(statusOf(await exchange(door.port, `OPTIONS * HTTP/1.1\r\n${host}\r\n`))).toBe(400);
  });

  test('WEB-05 junk on the wire is 400 with every security header, and the next request is answered at once', async () => {
    for (const junk of [
      `GET / HTTP/1.1\r\nHost: ${'j'.repeat(9_000)}\r\n\r\n`,
      'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: /\r\nConnection: close\r\n\r\n',
      'nonsense\r\n\r\n',
      `GET /${'p'.repeat(9_000)} HTTP/1.1\r\n\r\n`,
      'POST /api/runs HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ]) {
      const raw = await exchange(door.port, junk);
      expect([junk.slice(0, 30), statusOf(raw)]).toEqual([junk.slice(0, 30), 400]);
      expect(raw.toLowerCase()).toContain("content-security-policy: default-src 'none'");
      const before = performance.now();
      expect((await send(door.port, { path: '/healthz' })).status).toBe(200);
      expect(performance.now() - before).toBeLessThan(500);
    }
  });

  test('the page under localhost is sent to 127.0.0.1; nothing else is', async () => {
    const host = `localhost:${door.port}`;
    const moved = await send(door.port, { path: '/codex/runs?x=1', headers: { host } });
    expect([moved.status, moved.headers.location]).toEqual([308, `${door.page}/codex/runs`]);
    expect((await send(door.port, { path: '/api/status', headers: door.headers({ host }) })).status).toBe(403);
    expect((await send(door.port, { path: '//evil.example', headers: { host } })).status).toBe(403);
    expect((await send(door.port, { method: 'POST', path: '/codex', headers: door.headers({ host }), body: '{}' })).status).toBe(403);
    expect(await upgradeStatus(host, door.page)).toBe(403);
  });
});

describe('Origin', () => {
  test('WEB-07 WS-01 WS-03 every foreign Origin is turned away from a read, a change, pairing, the stream and the upgrade', async () => {
    for (const origin of foreignOrigins(door.port, EXTENSION)) {
      const headers = door.headers({ origin });
      const answers = [
        await send(door.port, { path: '/api/status', headers }),
        await send(door.port, { method: 'POST', path: '/api/runs', headers, body: '{"prompt":"x"}' }),
        await send(door.port, { path: '/api/events', headers }),
        await send(door.port, {
          method: 'POST',
          path: '/api/artifacts',
          headers: { ...headers, 'content-type': 'application/octet-stream' },
          body: 'x',
        }),
      ];
      expect([origin, ...answers.map((answer) => answer.status)]).toEqual([origin, 403, 403, 403, 403]);
      expect([origin, await upgradeStatus(`127.0.0.1:${door.port}`, origin)]).toEqual([origin, 403]);
      const pair = await send(door.port, { method: 'POST', path: '/api/pair', headers, body: JSON.stringify(INPUTS.pair.body) });
      expect([origin, pair.status]).toEqual([origin, 403]);
    }
    expect(door.seen).toEqual([]);
    expect(door.store.artifacts.size).toBe(0);
    await expect(openFrameSocket(door.port, door.page).then((socket) => socket.ws.terminate())).resolves.toBeUndefined();
  });

  test('WEB-07 a change without Origin needs a token of the command line, and no browser', async () => {
    const bare = without(door.headers(), 'origin');
    const post = (headers: Record<string, string>) =>
      send(door.port, { method: 'POST', path: '/api/runs', headers, body: '{"prompt":"x"}' });
    expect((await post(bare)).status).toBe(403);
    expect((await post({ ...bare, authorization: door.extension.bearer })).status).toBe(403);
    expect((await post(without(bare, 'authorization'))).status).toBe(403);
    expect((await post({ ...bare, authorization: door.cli.bearer, 'sec-fetch-mode': 'cors' })).status).toBe(403);
    expect(door.seen).toEqual([]);
    expect((await post({ ...bare, authorization: door.cli.bearer })).status).toBe(202);
  });

  test('WS-02 an upgrade without Origin is 403', async () => {
    const raw = upgradeHeaders(`127.0.0.1:${door.port}`, 'x').replace('Origin: x\r\n', '');
    expect(statusOf(await exchange(door.port, raw))).toBe(403);
  });

  test('a device speaks only from the origin it was paired from', async () => {
    expect((await door.call('status', { headers: { origin: EXTENSION } })).status).toBe(403);
    expect((await door.call('status', { headers: { authorization: door.extension.bearer } })).status).toBe(403);
    expect((await door.call('status', { headers: { origin: EXTENSION, authorization: door.extension.bearer } })).status).toBe(200);
  });

  test('an extension may pair from an origin nobody knows yet, as an extension and as nothing else', async () => {
    const origin = `chrome-extension://${'c'.repeat(32)}`;
    const pair = (kind: string, from: string) =>
      door.call('pair', { headers: { origin: from, authorization: '' }, body: { code: 'ABCD-EFGH', name: 'x', kind } });
    expect((await pair('page', origin)).status).toBe(403);
    expect((await pair('extension', door.page)).status).toBe(403);
    expect(door.seen).toEqual([]);
    expect((await pair('extension', origin)).status).toBe(201);
    expect((await pair('page', door.page)).status).toBe(201);
    expect(door.seen.map(({ caller }) => caller.origin)).toEqual([origin, door.page]);
    expect(door.seen[0]!.caller).not.toHaveProperty('actor');
  });

  test('an origin is forgotten with its last device', async () => {
    const origin = `chrome-extension://${'d'.repeat(32)}`;
    const { device, bearer } = await door.store.addDevice({ role: 'requester', kind: 'extension', origin });
    const status = () => door.call('status', { headers: { origin, authorization: bearer } }).then((answer) => answer.status);
    expect(await status()).toBe(200);
    door.store.revoke(device.id);
    expect(await status()).toBe(403);
    expect(await upgradeStatus(`127.0.0.1:${door.port}`, origin)).toBe(403);
  });
});

describe('what a browser adds', () => {
  test('WEB-08 a request another site sent is 403 even with a valid token', async () => {
    for (const site of ['same-site', 'cross-site', 'Same-Origin', '']) {
      expect([site, (await door.call('status', { headers: { 'sec-fetch-site': site } })).status]).toEqual([site, 403]);
      expect([site, (await door.call('createRun', { headers: { 'sec-fetch-site': site } })).status]).toEqual([site, 403]);
      expect((await send(door.port, { path: '/codex/app.js', headers: { 'sec-fetch-site': site } })).status).toBe(403);
    }
    expect((await door.call('status', { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
  });

  test('a link to the page may be followed from anywhere, but not embedded', async () => {
    const from = (dest: string, path = '/codex') =>
      send(door.port, { path, headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': dest } });
    expect((await from('document')).status).toBe(200);
    expect((await from('iframe')).status).toBe(403);
    expect((await from('document', '/api/status')).status).toBe(403);
    expect((await from('document', '/healthz')).status).toBe(403);
  });

  test('WEB-06 a form, text/plain, or JSON with anything added is 415 at every change', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/json; charset=utf-8',
      'application/JSON',
    ]) {
      expect([type, (await door.call('createRun', { headers: { 'content-type': type } })).status]).toEqual([type, 415]);
      expect([type, (await door.call('pair', { headers: { 'content-type': type } })).status]).toEqual([type, 415]);
    }
    const artifact = { method: 'POST', path: '/api/artifacts', headers: door.headers(), body: 'x' };
    expect((await send(door.port, artifact)).status).toBe(415);
    const none = without(door.headers(), 'content-type');
    expect((await send(door.port, { method: 'POST', path: '/api/runs', headers: none, body: '{"prompt":"x"}' })).status).toBe(415);
    expect(door.seen).toEqual([]);
  });

  test('WEB-09 a preflight is turned away quickly and allows nothing', async () => {
    const before = performance.now();
    const answer = await send(door.port, {
      method: 'OPTIONS',
      path: '/api/runs',
      headers: { origin: 'http://evil', 'access-control-request-method': 'POST', 'access-control-request-headers': ' '.repeat(6_000) },
    });
    expect(performance.now() - before).toBeLessThan(500);
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const big = `OPTIONS /api/runs HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nAccess-Control-Request-Headers: ${' '.repeat(65_536)}x\r\n\r\n`;
    const raw = await exchange(door.port, big, (soFar) => soFar.includes('\r\n\r\n'));
    expect([400, 403]).toContain(statusOf(raw));
    expect(raw.toLowerCase()).not.toContain('access-control');
  });

  test('WEB-10 forwarding headers change nothing', async () => {
    const forwarded = { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': `127.0.0.1:${door.port}`, forwarded: 'for=127.0.0.1' };
    expect((await send(door.port, { path: '/api/status', headers: { ...forwarded, 'x-codex-builder-protocol': '1' } })).status).toBe(401);
    const rebound = { ...door.headers(forwarded), host: `rebind.evil:${door.port}` };
    expect((await send(door.port, { path: '/api/status', headers: rebound })).status).toBe(403);
  });
});

describe('protocol version', () => {
  test('another version, or none at an API door, is 426 with both versions', async () => {
    const other = await door.call('status', { headers: { 'x-codex-builder-protocol': '2' } });
    expect(other.status).toBe(426);
    expect(other.json()).toMatchObject({ error: { code: 'version_mismatch', details: { daemon: 1, client: '2' } } });
    const silent = await send(door.port, { path: '/api/status', headers: without(door.headers(), 'x-codex-builder-protocol') });
    expect(silent.json()).toMatchObject({ error: { code: 'version_mismatch', details: { daemon: 1, client: null } } });
    expect((await send(door.port, { path: '/api/unknown-door', headers: { 'x-codex-builder-protocol': '9' } })).status).toBe(426);
    expect((await send(door.port, { path: '/healthz', headers: { 'x-codex-builder-protocol': '2' } })).status).toBe(426);
  });

  test.each(['/codex', '/healthz', '/readyz', '/openapi.json'])('%s needs neither version nor sign-in', async (path) => {
    expect((await send(door.port, { path })).status).toBe(200);
  });
});
