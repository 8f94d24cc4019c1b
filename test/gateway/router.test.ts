import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask, TestGateway, until } from './run-gateway.ts';

const gateway = new TestGateway();
beforeAll(async () => {
  await gateway.start();
}, 20_000);
afterAll(() => gateway.end(), 20_000);

/** Everything a raw connection answers until it is closed. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1', () => socket.write(text));
    let all = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      all += chunk;
    });
    socket.on('error', () => resolve(all)).on('close', () => resolve(all));
  });
}

describe('before anything is live', () => {
  test('production answers a calm page that looks again by itself and carries no script', async () => {
    const page = await gateway.production('/', { headers: { accept: 'text/html' } });
    expect(page.status).toBe(503);
    expect(page.body).toContain('No release is live yet');
    expect(page.body).not.toContain('<script');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });

  test('a slot without a preview answers a calm page', async () => {
    const page = await gateway.preview(2, '/', { headers: { accept: 'text/html' } });
    expect(page.status).toBe(503);
    expect(page.body).toContain('No preview is running here');
  });
});

describe('names', () => {
  test.each([
    'evil',
    'evil.example',
    'localhost',
    '127.0.0.1',
    '[::1]',
    'preview4.localhost',
    'preview0.localhost',
    'preview1.localhost.evil',
    'evil.preview1.localhost',
    'app.localhost.',
    'app.localhost@evil',
    'app.localhost:99',
    'preview1.localhost:PORT:1',
    'xpreview1.localhost',
  ])('the name %s is refused', async (host) => {
    const answer = await ask({ port: gateway.port }, { host: host.replace('PORT', String(gateway.port)) });
    expect([400, 403]).toContain(answer.status);
    expect(answer.body).not.toContain('preview');
  });

  test('two Host headers, none, and a full URL as path are refused', async () => {
    const own = `Host: app.localhost:${gateway.port}\r\n`;
    expect(await raw(`GET / HTTP/1.1\r\n${own}Host: evil\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(await raw('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(`GET http://evil/ HTTP/1.1\r\n${own}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
  });

  test('a request framed in two ways is refused', async () => {
    const text = `POST / HTTP/1.1\r\nHost: app.localhost:${gateway.port}\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET`;
    expect(await raw(text)).toMatch(/^HTTP\/1.1 400/);
  });

  test('headers past the limit are answered with 431 and nothing else breaks', async () => {
    expect(await raw(`GET / HTTP/1.1\r\nHost: app.localhost\r\n${'name: value\r\n'.repeat(5_000)}\r\n`)).toMatch(/^HTTP\/1.1 431/);
    expect((await gateway.production('/')).status).toBe(503);
  });

  test('/codex of the production host leads to the control page, other paths and hosts do not', async () => {
    const answer = await gateway.production('/codex?a=1');
    expect(answer.status).toBe(308);
    expect(answer.headers.location).toBe('http://127.0.0.1:4400/codex?a=1');
    expect((await gateway.production('/codexes')).status).toBe(503);
    expect((await gateway.preview(1, '/codex')).status).toBe(503);
  });
});

describe('with a live release', () => {
  beforeAll(async () => {
    await gateway.goLive('rel_router');
  });

  test('the app sees who asked in our words, never in forged ones', async () => {
    const answer = await gateway.production('/headers?q=1', {
      headers: {
        forwarded: 'for=evil',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-host': 'evil',
        x_forwarded_proto: 'https',
        'proxy-authorization': 'Basic x',
        proxy: 'http://evil',
        'x-real-ip': '6.6.6.6',
        authorization: 'Bearer app',
        cookie: 'codex=1; sid=2',
        connection: 'x-secret-hop',
        'x-secret-hop': '1',
      },
    });
    const { url, raw: sent } = JSON.parse(answer.body) as { url: string; raw: string[] };
    const flat = sent.join('|').toLowerCase();
    expect(url).toBe('/headers?q=1');
    expect(flat).toContain('x-forwarded-for|127.0.0.1|x-forwarded-host');
    expect(flat).not.toMatch(/evil|6\.6\.6\.6|x_forwarded|proxy|x-secret-hop|x-real-ip/);
    expect(flat).toContain('authorization|bearer app'); // production's own
    expect(flat).toContain('cookie|codex=1; sid=2');
    expect(flat).toContain(`host|app.localhost:${gateway.port}`);
  });

  test('repeated response headers stay apart, and production keeps its own cross-origin rules', async () => {
    const answer = await gateway.production('/echo-headers?set-cookie=a%3D1&set-cookie=b%3D2&access-control-allow-origin=*');
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });

  test('bodies pass whole, with a length and in chunks', async () => {
    const body = 'x'.repeat(3_000_000);
    expect((await gateway.production('/size', { method: 'POST', body })).body).toBe('3000000');
    expect((await gateway.production('/size', { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } })).body).toBe('3000000');
    expect((await gateway.production('/size', { method: 'POST' })).body).toBe('0');
    expect((await gateway.production('/size', { method: 'DELETE', body: 'abc', headers: { 'content-length': '3' } })).body).toBe('3');
    expect((await gateway.production('/', { method: 'HEAD' })).status).toBe(200);
  });

  test('a GET is asked again when a kept connection was just being closed; a request that acts is not', async () => {
    expect((await gateway.production('/hang-up-when-kept')).body).toBe('rel_router');
    for (let i = 0; i < 5; i += 1) expect((await gateway.production('/hang-up-when-kept')).status).toBe(200);
    for (let i = 0; i < 5; i += 1) expect((await gateway.production('/hang-up-when-kept', { method: 'POST', body: 'x' })).status).toBe(200);
    expect((await gateway.production('/hang-up')).status).toBe(502);
  });

  test('PRV-07 a redirect of the app is the browser’s to follow', async () => {
    const answer = await gateway.production('/redirect?to=http%3A%2F%2F169.254.169.254%2F');
    expect([answer.status, answer.headers.location]).toEqual([302, 'http://169.254.169.254/']);
  });

  test('a stream arrives as it is made', async () => {
    const first = await new Promise<string>((resolve, reject) => {
      const socket = connect(gateway.port, '127.0.0.1', () =>
        socket.write(`GET /stream HTTP/1.1\r\nHost: app.localhost:${gateway.port}\r\n\r\n`),
      );
      let all = '';
      socket
        .setEncoding('utf8')
        .on('error', reject)
        .on('data', (chunk: string) => {
          all += chunk;
          if (all.split('tick').length > 3) {
            socket.destroy();
            resolve(all);
          }
        });
    });
    expect(first).toContain('text/event-stream');
    await until(
      () => gateway.state(),
      (state) => state.releases[0].inFlight === 0,
    );
  });

  test('a WebSocket passes with query, subprotocol, text and bytes', async () => {
    const ws = new WebSocket(`ws://127.0.0.1:${gateway.port}/live?room=7`, ['v1', 'v2'], {
      headers: { host: `app.localhost:${gateway.port}`, 'x-forwarded-for': '6.6.6.6' },
    });
    const messages: Buffer[] = [];
    ws.on('message', (data: Buffer) => messages.push(data));
    await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
    expect(ws.protocol).toBe('v2');
    ws.send(Buffer.from([0, 255, 1]));
    await until(
      () => messages.length,
      (n) => n === 2,
    );
    const hello = JSON.parse(messages[0]!.toString()) as { url: string; headers: Record<string, string> };
    expect(hello.url).toBe('/live?room=7');
    expect(hello.headers['x-forwarded-for']).toBe('127.0.0.1');
    expect([...messages[1]!]).toEqual([0, 255, 1]);
    expect((await gateway.state()).releases[0].inFlight).toBe(1);
    ws.terminate();
    await until(
      () => gateway.state(),
      (state) => state.releases[0].inFlight === 0,
    );
  });

  test('an upgrade that the app refuses answers its status, one for a foreign name 403', async () => {
    const refused = (path: string, host: string) =>
      new Promise<number>((resolve) => {
        const ws = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, { headers: { host } });
        ws.on('unexpected-response', (_req, res) => {
          resolve(res.statusCode!);
          ws.terminate();
        }).on('error', () => undefined);
      });
    expect(await refused('/no-ws', `app.localhost:${gateway.port}`)).toBe(401);
    expect(await refused('/live', 'evil')).toBe(403);
    expect(await refused('/live', `preview3.localhost:${gateway.port}`)).toBe(503);
  });

  test('clients that reset at any moment do not hurt it', async () => {
    const pid = gateway.process!.pid;
    const text = (upgrade: string) => `GET /slow HTTP/1.1\r\nHost: app.localhost:${gateway.port}\r\n${upgrade}\r\n`;
    const kinds = [
      text(''),
      text('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n'),
      'GET / HT',
      text('').replace('GET', 'POST'),
    ];
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        return new Promise<void>((resolve) => {
          const socket = connect(gateway.port, '127.0.0.1', () => {
            socket.write(kinds[i % kinds.length]!);
            if (i % 3 === 0) socket.resetAndDestroy();
            else setImmediate(() => socket.resetAndDestroy());
          });
          socket.on('error', () => undefined).on('close', () => resolve());
        });
      }),
    );
    expect((await gateway.production('/')).body).toBe('rel_router');
    expect((await gateway.state()).pid).toBe(pid);
    await until(
      () => gateway.state(),
      (state) => state.releases[0].inFlight === 0,
    );
  });

  test('whoever sends a header forever is cut off', async () => {
    const startedAt = performance.now();
    const answer = await raw(`GET / HTTP/1.1\r\nHost: app.localhost:${gateway.port}\r\nX-Slow: `);
    expect(answer).toMatch(/^HTTP\/1.1 408/);
    expect(performance.now() - startedAt).toBeLessThan(9_000);
  }, 12_000);
});
