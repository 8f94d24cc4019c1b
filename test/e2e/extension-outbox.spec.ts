import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { detailOf, findRuns, must } from '../support/daemon-process.ts';
import { type ExtendedApp, openExtendedApp } from '../support/extended-app.ts';
import { tell } from '../support/extension-messages.ts';
import { pairBrowser } from '../support/pairing.ts';

let live: ExtendedApp;
let { daemon, browser, state } = {} as ExtendedApp;
let daemonId: string;

test.beforeAll(async () => {
  live = await openExtendedApp({ untilLive: false });
  ({ daemon, browser, state } = live);
  daemonId = await pairBrowser(browser, daemon);
});

test.afterAll(() => live?.end());

const runsAsked = async (prompt: string) => (await findRuns(daemon, prompt)).length;

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
  const asked = {
    daemonId,
    key: 'asked-while-it-was-away',
    request: { prompt: 'Do it when you are back', context },
    pictures: [picture.toString('base64')],
  };
  const kept = await tell(options, 'submit', asked);
  expect(kept).toMatchObject({ end: 'kept', why: { title: 'The daemon is not running', command: 'npm start' } });
  await expect(options.getByText('Do it when you are back')).toBeVisible();
  await expect(options.getByText(/sent once, as soon as the daemon is back/)).toBeVisible();

  // Asked again under the same key, as by a page that did not hear the answer.
  await tell(options, 'submit', asked);
  await browser.stopWorker();
  await browser.restart();
  options = await browser.options();
  await expect(options.getByText('Do it when you are back')).toBeVisible();

  daemon = await live.again();
  await expect(options.getByText('Do it when you are back')).toHaveCount(0);
  await expect(options.getByText('Connected', { exact: true })).toBeVisible();
  expect(await runsAsked('Do it when you are back')).toBe(1);
  expect(existsSync(join(state, 'artifacts', hash.slice(0, 2), hash.slice(2)))).toBe(true);
  const [run] = await findRuns(daemon, 'Do it when you are back');
  const detail = await detailOf(daemon, run!.id);
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
  daemon = await live.again();
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
  await options.getByRole('button', { name: 'Take back' }).click();
  await expect(options.getByText('Taken back. It was not sent.')).toBeVisible();
  await expect(options.getByRole('button', { name: 'Take back' })).toHaveCount(0);
  expect(await runsAsked('Another thing')).toBe(0);
  await options.close();
});
