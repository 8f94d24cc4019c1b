import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type OpenDoor, openDoor } from '../http/support/open-door.ts';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.ts';
import { TestGateway } from './run-gateway.ts';

/** Stays, answers every page itself from now on, and says so. */
const STAYING_WORKER = `
addEventListener('install', (event) => event.waitUntil(skipWaiting()));
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => event.request.mode === 'navigate' && event.respondWith(new Response('<!doctype html><h1>kept by the run before</h1>', { headers: { 'content-type': 'text/html' } })));
`;

const gateway = new TestGateway();
const servers: Server[] = [];
let door: OpenDoor;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  [door, browser] = await Promise.all([
    openDoor(),
    chromium.launch({ executablePath: findChromium(), args: [...CHROMIUM_FLAGS] }),
    gateway.start(),
  ]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  for (const server of servers) server.close();
  await door?.stop();
  await gateway.end();
}, 20_000);
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(() => context.close());

interface App {
  /** What it was sent, header by header. */
  heard: string[];
}

/** Serves an app at a place, which notes every header that reaches it. */
function serve(
  where: string | number,
  name: string,
  headers: Record<string, string> = {},
  cookies: readonly string[] = [],
): Promise<App & { port: number }> {
  const heard: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    for (let at = 0; at < request.rawHeaders.length; at += 2)
      heard.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`.toLowerCase());
    const isWorker = request.url === '/worker.js';
    response
      .writeHead(200, { 'content-type': isWorker ? 'text/javascript' : 'text/html', ...headers, 'set-cookie': [...cookies] })
      .end(isWorker ? STAYING_WORKER : `<!doctype html><title>${name}</title><h1>${name}</h1>`);
  });
  servers.push(server);
  return new Promise((resolve) => {
    const ready = () => resolve({ heard, port: (server.address() as AddressInfo | string | null as AddressInfo).port });
    if (typeof where === 'string') server.listen(where, ready);
    else server.listen(where, '127.0.0.1', ready);
  });
}

/** Puts an app behind a preview's name, as the work of a run. */
async function preview(
  n: number,
  name: string,
  headers: Record<string, string> = {},
  cookies: readonly string[] = [],
): Promise<App & { url: string }> {
  const unix = join(gateway.folder, `${name}.sock`);
  const app = await serve(unix, name, headers, cookies);
  const put = await gateway.control('PUT', '/preview', { host: `preview${n}.localhost`, target: { unix, epoch: name } });
  expect(put.status).toBe(200);
  return { ...app, url: `http://preview${n}.localhost:${gateway.port}` };
}

async function open(url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

interface Left {
  words: string | null;
  stored: number;
  cookie: string;
  databases: number;
  caches: number;
  workers: number;
}

/** What a page at this name finds in the browser. */
const foundBy = (page: Page): Promise<Left> =>
  page.evaluate(async () => ({
    words: document.querySelector('h1')!.textContent,
    stored: localStorage.length,
    cookie: document.cookie,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));

/** Leaves in the browser all that a page can; answers what became of the worker that would stay. */
const leaveAll = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    localStorage.setItem('left', 'behind');
    // biome-ignore lint/suspicious/noDocumentCookie: as pages do
    document.cookie = 'left=behind';
    await new Promise((resolve) => {
      indexedDB.open('left').onsuccess = resolve;
    });
    await caches.open('left');
    return navigator.serviceWorker.register('/worker.js').then(
      () => 'stays',
      (error: Error) => error.name,
    );
  });

test('PRV-08 nothing that a run left in the browser is there for the next run at its name, which is what is shown', async () => {
  const before = await preview(1, 'run-before', {
    'cache-control': 'max-age=31536000, immutable',
    expires: 'Thu, 01 Jan 2099 00:00:00 GMT',
  });
  const page = await open(before.url);
  expect(await leaveAll(page)).toBe('TypeError');
  await page.goto('about:blank');
  await page.goto(before.url);
  expect(await foundBy(page)).toEqual({ words: 'run-before', stored: 1, cookie: 'left=behind', databases: 1, caches: 1, workers: 0 });
  await page.goto('about:blank');
  await preview(1, 'run-after');
  await page.goto(before.url);
  expect(await foundBy(page)).toEqual({ words: 'run-after', stored: 0, cookie: '', databases: 0, caches: 0, workers: 0 });
});

test('PRV-05 the page of one slot finds nothing of another’s and cannot speak with it', async () => {
  const [one, two] = [await preview(1, 'slot-one'), await preview(2, 'slot-two')];
  const first = await open(one.url);
  await leaveAll(first);
  const hear = (page: Page) =>
    page.evaluate(() => {
      const told = globalThis as unknown as { heard: unknown[] };
      told.heard = [];
      new BroadcastChannel('slots').onmessage = ({ data }) => told.heard.push(data);
    });
  const heard = (page: Page) => page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard);
  const [same, other] = [await open(`${one.url}/`), await open(`${two.url}/`)];
  for (const page of [first, other]) await hear(page);
  expect(await foundBy(other)).toEqual({ words: 'slot-two', stored: 0, cookie: '', databases: 0, caches: 0, workers: 0 });
  expect(await foundBy(same)).toEqual({ words: 'slot-one', stored: 1, cookie: 'left=behind', databases: 1, caches: 1, workers: 0 });
  for (const page of [other, same])
    await page.evaluate(() => new BroadcastChannel('slots').postMessage(document.querySelector('h1')!.textContent));
  await expect.poll(() => heard(first)).toEqual(['slot-one']);
  expect(await heard(other)).toEqual(['slot-two']);
  const read = (url: string) =>
    other.evaluate(
      (from) =>
        fetch(from).then(
          () => 'read',
          (error: Error) => error.name,
        ),
      url,
    );
  expect([await read(one.url), await read(two.url)]).toEqual(['TypeError', 'read']);
});

/** What the page of the daemon sends with its next request. */
async function sentToDaemon(): Promise<Record<string, string>> {
  const page = await context.newPage();
  const [request] = await Promise.all([page.waitForRequest(`${door.page}/codex`), page.goto(`${door.page}/codex`)]);
  return request.allHeaders();
}

test('PRV-01 PRV-02 a preview is never sent what the browser keeps for the daemon; at the daemon’s own name it would be', async () => {
  await context.addCookies([
    { name: 'kept', value: 'for-the-daemon', url: door.page, httpOnly: true, sameSite: 'Strict' },
    { name: 'codex', value: 'for-the-daemon', url: `http://localhost:${door.port}`, httpOnly: true, sameSite: 'Strict' },
  ]);
  expect((await sentToDaemon())['cookie']).toBe('kept=for-the-daemon');

  // What the names are for: on another port of the same name everything comes along.
  const beside = await serve(0, 'beside');
  await open(`http://127.0.0.1:${beside.port}/`);
  expect(beside.heard).toContain('cookie: kept=for-the-daemon');

  const shown = await preview(1, 'shown');
  const page = await open(`${door.page}/codex`);
  const [visited] = await Promise.all([
    context.waitForEvent('page'),
    page.evaluate((url) => {
      const link = Object.assign(document.createElement('a'), {
        href: url,
        target: '_blank',
        rel: 'noopener noreferrer',
        textContent: 'x',
      });
      document.body.append(link);
      link.click();
    }, shown.url),
  ]);
  await visited.waitForURL(`${shown.url}/`);
  await visited.evaluate(() => fetch('/again', { credentials: 'include' }).then((answer) => answer.text()));
  expect(shown.heard.filter((header) => header.startsWith('host: '))).not.toHaveLength(0);
  expect(shown.heard.filter((header) => /^(cookie|authorization|referer):.*(daemon|codex)/.test(header))).toEqual([]);
  // And the name that the two would have to share is not served.
  expect((await fetch(`http://127.0.0.1:${gateway.port}/`)).status).toBe(403);
});

test('PRV-03 a cookie that a preview sets, by header or by script, for a path or for every name, never reaches the daemon', async () => {
  const planted = ['a=planted; Domain=localhost; Path=/', 'b=planted; Path=/codex', 'kept=planted; Path=/; SameSite=Lax'];
  const beside = await serve(0, 'beside', {}, planted);
  await open(`http://127.0.0.1:${beside.port}/`);
  expect((await sentToDaemon())['cookie']).toBe('b=planted; kept=planted');
  await context.clearCookies();

  const shown = await preview(1, 'planting', {}, planted);
  const page = await open(shown.url);
  await page.evaluate((cookies) => {
    // biome-ignore lint/suspicious/noDocumentCookie: as pages do
    for (const cookie of cookies) document.cookie = `s${cookie}`;
  }, planted);
  expect((await context.cookies(shown.url)).map(({ name, domain }) => [name, domain])).toContainEqual(['kept', 'preview1.localhost']);
  expect((await sentToDaemon())['cookie']).toBeUndefined();
  for (const name of ['127.0.0.1', 'localhost']) expect(await context.cookies(`http://${name}:${door.port}/codex`)).toEqual([]);
});
