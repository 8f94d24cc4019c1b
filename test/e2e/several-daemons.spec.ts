import { expect, test } from '@playwright/test';
import { type AppDaemon, startAppDaemon } from '../support/app-daemon.ts';
import { findRuns, must } from '../support/daemon-process.ts';
import { type ExtendedBrowser, openExtendedBrowser } from '../support/extension.ts';
import { type HostileSite, serveHostilePages } from '../support/hostile-pages.ts';
import { openOverlay, send } from '../support/overlay.ts';
import { pairBrowser } from '../support/pairing.ts';

/** One browser, two apps: which of them a page is about. Each part goes on where the one before ended. */
test.describe.configure({ mode: 'serial' });

interface House extends AppDaemon {
  /** As people are shown it. */
  name: string;
}
let first: House;
let second: House;
let site: HostileSite;
let browser: ExtendedBrowser;

async function openHouse(): Promise<House> {
  const live = await startAppDaemon({ untilLive: false });
  return { ...live, name: (await must(live.daemon.client.call('status', {}))).app };
}

test.beforeAll(async () => {
  site = await serveHostilePages();
  [first, second] = await Promise.all([openHouse(), openHouse()]);
  browser = await openExtendedBrowser();
  for (const { daemon } of [first, second]) await pairBrowser(browser, daemon);
});

test.afterAll(async () => {
  await browser?.close();
  site?.close();
  for (const house of [first, second]) await house?.end();
});

async function openOn(url: string) {
  const open = await openOverlay(browser, url);
  const picker = open.overlay.getByRole('group', { name: 'Which app is this page?' });
  const to = (house: House) => open.overlay.getByRole('contentinfo').getByText(`To ${house.name}`);
  return { ...open, picker, to };
}

/** How many of each have been asked for this. */
async function asked(prompt: string): Promise<[number, number]> {
  const count = async ({ daemon }: House) => (await findRuns(daemon, prompt)).length;
  return [await count(first), await count(second)];
}

test('where it is unclear the person picks, nothing is sent before, and the pick is remembered for that site alone', async () => {
  const { page, overlay, picker, to } = await openOn(`${site.url}/plain`);
  await expect(picker.getByRole('button')).toHaveText([first.name, second.name]);
  await send(page, 'Whose page is this');
  await expect(overlay.getByText('Choose which app this page belongs to.')).toBeVisible();
  expect(await asked('Whose page')).toEqual([0, 0]);
  await picker.getByRole('button', { name: second.name }).click();
  await expect(to(second)).toBeVisible();
  await expect(picker).toHaveCount(0);
  await page.keyboard.press('Enter');
  await expect.poll(() => asked('Whose page')).toEqual([0, 1]);
  await page.close();

  await browser.stopWorker();
  const again = await openOn(`${site.url}/listens`);
  await expect(again.to(second)).toBeVisible();
  await expect(again.picker).toHaveCount(0);
  await send(again.page, 'Another page of it');
  await expect.poll(() => asked('Another page')).toEqual([0, 1]);
  await again.page.close();

  const elsewhere = await openOn(`${site.other}/plain`);
  await expect(elsewhere.picker).toBeVisible();
  await elsewhere.page.close();
});

test('the pick can be changed, and what is asked for then goes to the other', async () => {
  const { page, overlay, picker, to } = await openOn(`${site.url}/plain`);
  await expect(to(second)).toBeVisible();
  await overlay.getByRole('button', { name: 'Another app…' }).click();
  await expect(picker.getByRole('button', { pressed: true })).toHaveText(second.name);
  await picker.getByRole('button', { name: first.name }).click();
  await expect(to(first)).toBeVisible();
  await expect(picker).toHaveCount(0);
  await send(page, 'Now the other one');
  await expect.poll(() => asked('Now the other')).toEqual([1, 0]);
  await page.close();
  const again = await openOn(`${site.url}/plain`);
  await expect(again.to(first)).toBeVisible();
  await again.page.close();
});

test('a place that the options name is that app’s without asking; an app’s own pages always are', async () => {
  const options = await browser.options();
  const row = options.getByRole('listitem').filter({ has: options.getByRole('heading', { name: second.name }) });
  await row.getByLabel('Other places of this app, one a line').fill(site.other);
  await row.getByRole('button', { name: 'Save places' }).click();
  await expect(row.getByRole('button', { name: 'Save places' })).toHaveCount(0);
  await options.close();
  const named = await openOn(`${site.other}/plain`);
  await expect(named.to(second)).toBeVisible();
  await expect(named.overlay.getByRole('button', { name: 'Another app…' })).toHaveCount(0);
  await send(named.page, 'Named in the options');
  await expect.poll(() => asked('Named in')).toEqual([0, 1]);
  await named.page.close();
  for (const house of [first, second]) {
    const own = await openOn(`${house.daemon.gateway}${house.app.route}`);
    await expect(own.to(house)).toBeVisible();
    await own.page.close();
  }
});
