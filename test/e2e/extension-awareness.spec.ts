import { expect, type Page, test } from '@playwright/test';
import { flaws } from '../support/accessible.ts';
import { must, untilState } from '../support/daemon-process.ts';
import { type ExtendedApp, openExtendedApp } from '../support/extended-app.ts';
import { countStarts, tabIdOf } from '../support/extension.ts';
import { badgeOn, clickNotification, notificationsOf } from '../support/extension-messages.ts';
import { type HostileSite, serveHostilePages } from '../support/hostile-pages.ts';
import { fillPairing, pairCode } from '../support/pairing.ts';
import { answer } from '../support/scripted-model.ts';

let live: ExtendedApp;
let { app, model, daemon, browser } = {} as ExtendedApp;
let site: HostileSite;

test.beforeAll(async () => {
  site = await serveHostilePages();
  live = await openExtendedApp({ script: () => [{ hold: 'hold', ...answer() }] });
  ({ app, model, daemon, browser } = live);
});

test.afterAll(async () => {
  site?.close();
  await live?.end();
});

/** Asks what the toolbar button says about the page that is in a tab now. */
async function badgeOf(page: Page): Promise<() => Promise<string>> {
  const tabId = await tabIdOf(await browser.worker(), page);
  return async () => (await badgeOn(await browser.worker(), tabId)).text;
}

test('the options are accessible in light and dark, before pairing and after', async () => {
  const options = await browser.options();
  const scan = async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await options.emulateMedia({ colorScheme });
      expect(await flaws(options)).toEqual([]);
    }
  };
  await scan();
  await fillPairing(options, '127.0.0.1:1', 'AAAA-AAAA');
  await expect(options.getByRole('alert')).toBeVisible();
  await scan();
  await fillPairing(options, (await pairCode(daemon)).url, '');
  await expect(options.getByText('Connected', { exact: true })).toBeVisible();
  await scan();
  await options.close();
});

test('a background that sleeps is woken by a page of the app and by no other page', async () => {
  const page = await browser.context.newPage();
  const starts = await countStarts(browser);
  for (const path of ['/plain', '/listens', '/frame']) await page.goto(site.url + path);
  await page.evaluate(() => history.pushState(null, '', '/moved'));
  await page.goto(`${site.other}/plain`);
  expect(starts()).toBe(0);
  await page.goto(new URL('/elsewhere', daemon.gateway).href);
  await expect.poll(starts).toBe(1);
  await page.close();
});

test('a page shows how many runs about it are not over; a failed one is told, and its notification opens it', async () => {
  const page = await browser.context.newPage();
  await page.goto(new URL(app.route, daemon.gateway).href);
  const badge = await badgeOf(page);
  expect(await badge()).toBe('');
  const { run } = await must(
    daemon.client.call('createRun', { body: { prompt: 'Do nothing', context: { url: `${page.url()}?from=badge` } } }),
  );
  await expect.poll(badge).toBe('1');
  const elsewhere = await browser.context.newPage();
  await elsewhere.goto(new URL('/elsewhere', daemon.gateway).href);
  await elsewhere.bringToFront();
  const badgeElsewhere = await badgeOf(elsewhere);
  expect(await badgeElsewhere()).toBe('');
  // An app that moves on without a load, and back: that too wakes a background that sleeps.
  const starts = await countStarts(browser);
  await elsewhere.bringToFront();
  await elsewhere.evaluate((path) => history.pushState(null, '', path), app.route);
  await expect.poll(starts).toBe(1);
  await expect.poll(badgeElsewhere).toBe('1');
  await elsewhere.goBack();
  await expect.poll(badgeElsewhere).toBe('');

  await page.bringToFront();
  model.release('hold');
  await untilState(daemon, run.id, 'failed');
  await expect.poll(badge).toBe('');
  const worker = await browser.worker();
  await expect.poll(async () => (await notificationsOf(worker)).map((id) => id.split('/')[1])).toEqual([run.id]);
  const opened = browser.context.waitForEvent('page');
  await clickNotification(worker, (await notificationsOf(worker))[0]!);
  await (await opened).waitForURL(`${daemon.control}/codex/runs/${run.id}`);
});
