import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, type Page, test } from '@playwright/test';
import { bundleCapture } from '../extension/capture-bench.ts';
import type { Chrome } from '../support/chrome-api.ts';
import { detailOf, must } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { type ExtendedApp, openExtendedApp } from '../support/extended-app.ts';
import { EXTENSION_ID, tabIdOf } from '../support/extension.ts';
import { pairBrowser } from '../support/pairing.ts';

declare const chrome: Chrome;

let live: ExtendedApp;
let { app, daemon, browser } = {} as ExtendedApp;
let daemonId: string;
let site: Server;
let siteUrl: string;

/** A page that a framework made, and that lies, throws and listens. */
const PAGE = `<!doctype html><html lang="en"><title>Things</title><body><button id="b" data-testid="buy">Buy</button><p id="liar">lies</p><script>
  document.getElementById('b').__svelte_meta = { loc: { file: 'src/Buy.svelte', line: 7, column: 2 } };
  document.getElementById('liar').__vueParentComponent = { type: { __file: { toString() { throw 1; } }, name: '\\u202Eevil\\u0000' } };
</script></body></html>`;

test.beforeAll(async () => {
  site = createServer((_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE));
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
  live = await openExtendedApp({ script: (of) => ({ browser: changeWords(of, of.words, 'words-by-codex') }) });
  ({ app, daemon, browser } = live);
  daemonId = await pairBrowser(browser, daemon);
});

test.afterAll(async () => {
  site?.close();
  await live?.end();
});

/** Says something to the background from beside the page, as the overlay there does. */
async function say(page: Page, name: string, body: unknown): Promise<unknown> {
  const worker = await browser.worker();
  return worker.evaluate(
    async ({ tabId, message }) => {
      const func = (said: unknown) => chrome.runtime.sendMessage(said);
      return (await chrome.scripting.executeScript({ target: { tabId }, func, args: [message] }))[0]!.result;
    },
    { tabId: await tabIdOf(worker, page), message: { name, body } },
  );
}

test('what a framework knows of an element comes through the page’s own world, short and printable', async () => {
  const page = await browser.context.newPage();
  await page.goto(siteUrl);
  expect(await say(page, 'read_hints', { selector: '#b' })).toEqual({ ok: true, value: { 'svelte source': 'src/Buy.svelte:7:2' } });
  expect(await say(page, 'read_hints', { selector: '#liar' })).toEqual({ ok: true, value: { 'vue components': 'evil' } });
  expect(await say(page, 'read_hints', { selector: '#missing >>> x', frame: 'iframe' })).toEqual({ ok: true, value: {} });
  expect(await say(page, 'read_hints', { selector: '' })).toMatchObject({ ok: false });
  await page.close();
});

test('errors are heard from when the person asked, and not before', async () => {
  const page = await browser.context.newPage();
  await page.goto(siteUrl);
  await page.evaluate(() => console.error('before'));
  expect(await say(page, 'read_errors', {})).toEqual({ ok: true, value: [] });
  await page.evaluate(() => console.error('after', { a: 1 }, new Error('with a stack')));
  const heard = (await say(page, 'read_errors', {})) as { value: string[] };
  expect(heard.value).toHaveLength(1);
  expect(heard.value[0]).toMatch(/^console\.error: after \{"a":1\} Error: with a stack/);
  await page.close();
});

test('an element of the app is found in its code, in the reply, in the brief and on the run page', async () => {
  const page = await browser.context.newPage();
  await page.goto(`http://app.localhost:${daemon.gatewayPort}${app.route}`);
  await expect(page.getByText(app.words)).toBeVisible();
  const element = { selector: 'p', text: app.words, html: `<p>${app.words}</p>` };
  const found = (await say(page, 'find_sources', { daemonId, elements: [element] })) as {
    value: { ok: true; value: { elements: { candidates: { file: string; line: number; confidence: string }[] }[] } };
  };
  const [best] = found.value.value.elements[0]!.candidates;
  expect(best).toMatchObject({ file: app.file, line: 1 });
  const { run } = await must(
    daemon.client.call('createRun', {
      body: { prompt: 'Make it bigger. SCENARIO=browser', context: { url: page.url(), elements: [element] } },
    }),
  );
  await expect
    .poll(async () => (await detailOf(daemon, run.id)).brief, { timeout: 60_000 })
    .toContain(`Selected element 1: /app/${best!.file}:${best!.line}`);
  const detail = await detailOf(daemon, run.id);
  expect(detail.sources?.elements[0]?.candidates[0]).toMatchObject({ file: best!.file, line: best!.line });
  await page.goto(daemon.open);
  await page
    .getByRole('link', { name: /Make it bigger/ })
    .first()
    .click();
  await expect(page.getByText(`${app.file}:1`).first()).toBeVisible();
  await page.close();
});

test('what is sent is byte for byte what was shown, and the daemon gets the covered picture alone', async () => {
  const page = await browser.context.newPage();
  await page.goto(`${siteUrl}?session=abc12345`);
  await page.evaluate(() => {
    const closed = document.createElement('div');
    document.body.append(closed);
    closed.attachShadow({ mode: 'closed' }).innerHTML = '<p id="p">closed@example.com</p><input value="my diary">';
  });
  await page.bringToFront();
  const beside = await besideIn(page);
  const sent = (await beside(`(async () => {
    const collected = await captureModules.collect();
    const elements = [captureModules.takeElement(document.getElementById('b'))];
    const ready = await captureModules.toRequest({ ...collected, elements }, 'Make it green. SCENARIO=browser');
    const answer = await chrome.runtime.sendMessage({ name: 'submit', body: { daemonId: '${daemonId}', key: crypto.randomUUID(), ...ready } });
    return { text: JSON.stringify(ready.request), pictures: ready.pictures, problem: collected.pictureProblem, secrets: collected.pictures.flatMap(({ marks }) => marks.map(({ secret }) => secret)), answer };
  })()`)) as {
    text: string;
    pictures: string[];
    problem?: string;
    secrets: string[];
    answer: { value: { end: string; run: { id: string } } };
  };
  expect(sent.problem).toBeUndefined();
  expect(sent.secrets).toEqual(expect.arrayContaining(['email:closed@example.com', 'field:my diary']));
  expect(sent.answer.value).toMatchObject({ end: 'sent' });
  const { context, run } = await detailOf(daemon, sent.answer.value.run.id);
  const { screenshots, ...kept } = context!;
  expect(JSON.stringify({ prompt: run.prompt, context: kept })).toBe(sent.text);
  expect(screenshots).toEqual(sent.pictures.map((base64) => createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex')));
  expect(sent.text).not.toMatch(/closed@example|my diary|abc12345/);
  await page.close();
});

/** Runs text in the extension's own world of a page, with capture's modules there. */
async function besideIn(page: Page): Promise<(expression: string) => Promise<unknown>> {
  const session = await browser.context.newCDPSession(page);
  const worlds: number[] = [];
  session.on('Runtime.executionContextCreated', ({ context: { id, origin, auxData } }) => {
    if ((auxData as { type?: string }).type === 'isolated' && origin === `chrome-extension://${EXTENSION_ID}`) worlds.push(id);
  });
  await say(page, 'read_hints', { selector: 'body' }); // makes the world when there was none
  await session.send('Runtime.enable');
  await expect.poll(() => worlds.length).toBeGreaterThan(0);
  const evaluate = async (expression: string) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression,
      contextId: worlds.at(-1)!,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as unknown;
  };
  await evaluate(`${await bundleCapture()}; globalThis.captureModules = captureModules; undefined`);
  return evaluate;
}
