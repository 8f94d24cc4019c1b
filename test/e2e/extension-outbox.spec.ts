import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import type { MessageBody, MessageName, Replies } from '../../extension/messages.ts';
import { type DaemonProcess, endEverything, freePort, must, startDaemon, stateFolder } from '../support/daemon-process.ts';
import { type ExtendedBrowser, openExtendedBrowser, profileFolder, removeProfile } from '../support/extension.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';

let app: GeneratedApp;
let daemon: DaemonProcess;
let state: string;
let ports: { control: number; gateway: number };
let profile: string;
let browser: ExtendedBrowser;
let daemonId: string;

/** Says to the background what popup and options would. */
async function tell<N extends MessageName>(page: Page, name: N, body: MessageBody<N>): Promise<Replies[N]> {
  const asked = await page.evaluate(
    (message) =>
      (globalThis as unknown as { chrome: { runtime: { sendMessage(message: unknown): Promise<unknown> } } }).chrome.runtime.sendMessage(
        message,
      ),
    { name, body },
  );
  const { ok, value, message } = asked as { ok: boolean; value: Replies[N]; message?: string };
  if (!ok) throw new Error(message);
  return value;
}

test.beforeAll(async () => {
  app = generateApp();
  state = stateFolder();
  ports = { control: await freePort(), gateway: await freePort() };
  daemon = await startDaemon({ repo: app.repo, state, ports });
  profile = profileFolder();
  browser = await openExtendedBrowser(profile);
  const options = await browser.options();
  const { code } = await must(daemon.client.call('createPairCode', { body: {} }));
  const paired = await tell(options, 'pair', { address: daemon.control, code, name: 'Laptop' });
  if (paired.end !== 'paired') throw new Error(paired.words.text);
  ({ daemonId } = paired);
  await options.close();
});

test.afterAll(async () => {
  await browser?.close();
  removeProfile(profile);
  await endEverything(state, app.repo);
});

async function runsAsked(prompt: string): Promise<number> {
  const { runs } = await must(daemon.client.call('listRuns', { query: { q: prompt } }));
  return runs.length;
}

/** Too large for one piece, and nothing that compresses. */
const picture = randomBytes(500_000);
const hash = createHash('sha256').update(picture).digest('hex');
const context = { url: 'http://shop.test/cart?token=x' };

test('a background that the browser stopped is woken by a request, connects and sends it', async () => {
  const options = await browser.options();
  await browser.stopWorker();
  const sent = await tell(options, 'submit', {
    daemonId,
    key: 'asked-of-a-stopped-worker',
    request: { prompt: 'Wake up and do it', context },
    pictures: [],
  });
  expect(sent).toMatchObject({ end: 'sent', run: { prompt: 'Wake up and do it' } });
  await options.close();
});

test('while the daemon is away a request waits, says the start command, outlives background and browser, and is sent exactly once', async () => {
  let options = await browser.options();
  await daemon.kill();
  const kept = await tell(options, 'submit', {
    daemonId,
    key: 'asked-while-it-was-away',
    request: { prompt: 'Do it when you are back', context },
    pictures: [picture.toString('base64')],
  });
  expect(kept).toMatchObject({ end: 'kept', why: { title: 'The daemon is not running', command: 'npm start' } });
  await expect(options.getByText('Do it when you are back')).toBeVisible();
  await expect(options.getByText(/sent once, as soon as the daemon is back/)).toBeVisible();

  // Asked again under the same key, as by a page that did not hear the answer.
  await tell(options, 'submit', {
    daemonId,
    key: 'asked-while-it-was-away',
    request: { prompt: 'Do it when you are back', context },
    pictures: [picture.toString('base64')],
  });
  await browser.stopWorker();
  await browser.close();
  browser = await openExtendedBrowser(profile);
  options = await browser.options();
  await expect(options.getByText('Do it when you are back')).toBeVisible();

  daemon = await startDaemon({ repo: app.repo, state, ports });
  await expect(options.getByText('Do it when you are back')).toHaveCount(0);
  await expect(options.getByText('Connected', { exact: true })).toBeVisible();
  expect(await runsAsked('Do it when you are back')).toBe(1);
  expect(existsSync(join(state, 'artifacts', hash.slice(0, 2), hash.slice(2)))).toBe(true);
  const { runs } = await must(daemon.client.call('listRuns', { query: { q: 'Do it when you are back' } }));
  const detail = await must(daemon.client.call('getRun', { params: { id: runs[0]!.id } }));
  expect(detail.context?.screenshots).toEqual([hash]);
  expect(detail.context?.url).not.toContain('token=x');

  await browser.stopWorker();
  await tell(options, 'retry', {});
  expect(await runsAsked('Do it when you are back')).toBe(1);
  await options.close();
});

test('nobody looks: the alarm wakes a stopped background, which finds the daemon back and sends what waits', async () => {
  const options = await browser.options();
  await daemon.kill();
  const request = { prompt: 'Nobody is looking', context };
  expect(await tell(options, 'submit', { daemonId, key: 'sent-by-the-alarm', request, pictures: [] })).toMatchObject({ end: 'kept' });
  await options.close();
  await browser.stopWorker();
  daemon = await startDaemon({ repo: app.repo, state, ports });
  await expect.poll(() => runsAsked('Nobody is looking'), { timeout: 60_000 }).toBe(1);
});

test('a background that is stopped and started hears what happened meanwhile', async () => {
  const options = await browser.options();
  await browser.stopWorker();
  const { run } = await must(daemon.client.call('createRun', { body: { prompt: 'Asked on the command line' }, key: 'asked-elsewhere' }));
  const found = await tell(options, 'call', { daemonId, door: 'getRun', params: { id: run.id } });
  expect(found).toMatchObject({ ok: true, status: 200, body: { run: { id: run.id } } });
  await options.close();
});

test('what the daemon refuses is shown and kept until it is taken back', async () => {
  const options = await browser.options();
  const request = { prompt: 'One thing', context };
  expect(await tell(options, 'submit', { daemonId, key: 'used-for-two-things', request, pictures: [] })).toMatchObject({ end: 'sent' });
  const other = { prompt: 'Another thing', context };
  expect(await tell(options, 'submit', { daemonId, key: 'used-for-two-things', request: other, pictures: [] })).toMatchObject({
    end: 'refused',
  });
  await expect(options.getByText('Another thing')).toBeVisible();
  await options.getByRole('button', { name: 'Discard' }).click();
  await expect(options.getByText('Another thing')).toHaveCount(0);
  expect(await runsAsked('Another thing')).toBe(0);
  await options.close();
});
