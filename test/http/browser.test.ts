import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.ts';
import { type OpenDoor, openDoor } from './support/open-door.ts';

let browser: Browser;
let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
  await build({
    stdin: {
      contents: `
        import { clientMac, daemonMac, nonce, sameMac, socketKey } from './shared/pairing.ts';
        window.violations = [];
        document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
        const headers = { 'content-type': 'application/json', 'x-codex-builder-protocol': '1' };
        window.post = async (path, body, more) => (await fetch(path, { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(body) })).status;
        window.get = async (path, more) => (await fetch(path, { headers: { ...headers, ...more } })).status;
        window.link = async (device, secret) => {
          const key = await socketKey(secret);
          const nc = nonce();
          const socket = new WebSocket('ws://' + location.host + '/ws');
          const next = () => new Promise((resolve, reject) => {
            socket.onmessage = (event) => resolve(JSON.parse(event.data));
            socket.onclose = (event) => reject(new Error('closed ' + event.code));
          });
          await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
          const say = (frame) => { const answer = next(); socket.send(JSON.stringify({ v: 1, ...frame })); return answer; };
          const { ns, mac } = await say({ type: 'hello', device, nc, protocol: 1 });
          if (!sameMac(mac, await daemonMac(key, nc, ns, location.origin))) return 'impostor';
          const ready = await say({ type: 'proof', mac: await clientMac(key, nc, ns, location.origin) });
          return ready.type;
        };`,
      resolveDir: process.cwd(),
      loader: 'js',
    },
    bundle: true,
    format: 'esm',
    outfile: join(door.pageFolder, 'app.js'),
  });
  browser = await chromium.launch({ executablePath: findChromium(), args: [...CHROMIUM_FLAGS] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await door?.stop();
});

const stepsOf = (page: Page, expression: string) => page.evaluate(expression);

test('the page in a real browser pairs, reads, changes and opens its socket, under its own policy', async () => {
  const page = await browser.newPage();
  await page.goto(`http://localhost:${door.port}/codex`);
  expect(page.url()).toBe(`${door.page}/codex`);
  const bearer = JSON.stringify({ authorization: door.owner.bearer });
  expect(await stepsOf(page, `post('/api/pair', {code: 'ABCD-EFGH', name: 'Chromium', kind: 'page'})`)).toBe(201);
  expect(await stepsOf(page, `get('/api/status', ${bearer})`)).toBe(200);
  expect(await stepsOf(page, `post('/api/runs', {prompt: 'x'}, {...${bearer}, 'idempotency-key': 'client-key-1'})`)).toBe(202);
  expect(await stepsOf(page, `link('${door.owner.device.id}', '${door.owner.secretHex}')`)).toBe('ready');
  expect(await page.evaluate('violations')).toEqual([]);
  expect(
    await stepsOf(
      page,
      `Promise.resolve().then(() => { document.body.innerHTML = '<b>x</b>'; return 'set'; }).catch((error) => error.name)`,
    ),
  ).toBe('TypeError');
  await page.close();
});

test('WEB-06 WEB-14 PRV-04 a page on another port or host of this machine can change, read, frame or connect to nothing', async () => {
  const evil = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>'),
  );
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  const { port } = evil.address() as AddressInfo;
  door.seen.length = 0;
  for (const host of ['127.0.0.1', 'localhost', 'preview1.localhost']) {
    const page = await browser.newPage();
    await page.goto(`http://${host}:${port}/`);
    const outcome = await page.evaluate(
      async ({ target, bearer }) => {
        const said: Record<string, string> = {};
        const attempt = async (name: string, act: () => Promise<string>) => {
          said[name] = await act().catch((error: Error) => `failed ${error.name}`);
        };
        const run = JSON.stringify({ prompt: 'evil' });
        const json = { 'content-type': 'application/json', 'x-codex-builder-protocol': '1', 'idempotency-key': 'evil-key-1' };
        await attempt('json', async () =>
          String((await fetch(`${target}/api/runs`, { method: 'POST', headers: { ...json, authorization: bearer }, body: run })).status),
        );
        await attempt('no-cors', async () => (await fetch(`${target}/api/runs`, { method: 'POST', mode: 'no-cors', body: run })).type);
        await attempt('read', async () => (await fetch(`${target}/codex`)).text());
        await attempt('health', async () => (await fetch(`${target}/healthz`)).text());
        await attempt('beacon', async () => String(navigator.sendBeacon(`${target}/api/pair`, run)));
        const loads = (tag: 'img' | 'script', src: string) =>
          attempt(
            tag,
            () =>
              new Promise((resolve) => {
                const element = document.createElement(tag);
                element.onload = () => resolve('loaded');
                element.onerror = () => resolve('blocked');
                element.src = src;
                document.body.append(element);
              }),
          );
        await loads('script', `${target}/codex/app.js`);
        await loads('img', `${target}/codex`);
        await attempt(
          'socket',
          () =>
            new Promise((resolve) => {
              const socket = new WebSocket(`${target.replace('http', 'ws')}/ws`);
              socket.onopen = () => resolve('open');
              socket.onclose = (event) => resolve(`closed ${event.code}`);
            }),
        );
        await attempt(
          'events',
          () =>
            new Promise((resolve) => {
              const source = new EventSource(`${target}/api/events`);
              source.onopen = () => resolve('open');
              source.onerror = () => resolve('refused');
            }),
        );
        await attempt(
          'frame',
          () =>
            new Promise((resolve) => {
              const frame = document.createElement('iframe');
              frame.onload = () => {
                try {
                  resolve(frame.contentDocument === null ? 'opaque' : 'readable');
                } catch {
                  resolve('opaque');
                }
              };
              frame.src = `${target}/codex`;
              document.body.append(frame);
            }),
        );
        return said;
      },
      { target: door.page, bearer: door.owner.bearer },
    );
    expect([host, outcome]).toEqual([
      host,
      {
        json: 'failed TypeError',
        'no-cors': expect.stringMatching(/^(opaque|failed TypeError)$/),
        read: 'failed TypeError',
        health: 'failed TypeError',
        beacon: 'true',
        script: 'blocked',
        img: 'blocked',
        socket: 'closed 1006',
        events: 'refused',
        frame: 'opaque',
      },
    ]);
    const framed = page.frames().map((frame) => frame.url());
    expect(framed.some((url) => url.startsWith(door.page) && !url.startsWith('chrome-error'))).toBe(false);
    await page.evaluate((target) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: `${target}/api/runs`, enctype: 'text/plain' });
      form.append(Object.assign(document.createElement('input'), { name: '{"prompt":"evil","x":"', value: '"}' }));
      document.body.append(form);
      form.submit();
    }, door.page);
    await page.waitForURL(`${door.page}/api/runs`);
    await page.close();
  }
  expect(door.seen).toEqual([]);
  await new Promise((resolve) => {
    evil.close(resolve);
    evil.closeAllConnections();
  });
});

test.each([
  ['HTML', '<!doctype html><script>globalThis.ran = 1</script>'],
  ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script>globalThis.ran = 1</script></svg>'],
  ['PDF', '%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF'],
])('XSS-05 an artifact that is %s with a script is a download, never a page or a picture of the daemon', async (_kind, body) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${door.page}/codex`);
  const authorization = door.owner.bearer;
  const hash = await page.evaluate(async (init) => ((await (await fetch('/api/artifacts', init)).json()) as { hash: string }).hash, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/octet-stream',
      'x-codex-builder-protocol': '1',
      'idempotency-key': 'artifact-key',
    },
    body,
  });
  const artifact = `${door.page}/api/artifacts/${hash}`;
  const isPicture = (src: string) =>
    page.evaluate(
      (from) =>
        new Promise((resolve) => {
          const picture = new Image();
          picture.onload = () => resolve(true);
          picture.onerror = () => resolve(false);
          picture.src = from;
        }),
      src,
    );
  expect(await isPicture(artifact)).toBe(false);
  const alone = await context.newPage();
  await alone.setExtraHTTPHeaders({ 'x-codex-builder-protocol': '1' });
  expect((await alone.goto(artifact))?.status()).toBe(401);

  // Even a browser that is made to send the sign-in along keeps it and shows nothing.
  await alone.setExtraHTTPHeaders({ authorization, 'x-codex-builder-protocol': '1' });
  const [download] = await Promise.all([alone.waitForEvent('download'), alone.goto(artifact).catch(() => undefined)]);
  expect(download.suggestedFilename()).toBe(hash);
  expect(await alone.evaluate('globalThis.ran')).toBeUndefined();
  await context.close();
});
