import { expect, type Page, test } from '@playwright/test';
import type { Chrome } from '../support/chrome-api.ts';
import { type ExtendedBrowser, openExtendedBrowser } from '../support/extension.ts';
import { type HostileSite, serveHostilePages } from '../support/hostile-pages.ts';
import { overlayOf, promptOf } from '../support/overlay.ts';

declare const chrome: Chrome;

/** The preference to have a picture of the page with every request. */
let site: HostileSite;
let browser: ExtendedBrowser;
let page: Page;

test.beforeAll(async () => {
  site = await serveHostilePages();
  browser = await openExtendedBrowser();
  const options = await browser.options();
  const tick = options.getByRole('checkbox', { name: /^Take a picture of the page each time/ });
  await expect(tick).not.toBeChecked();
  await tick.check();
  await options.reload();
  await expect(tick).toBeChecked();
  await options.close();
});
test.beforeEach(async () => {
  page = await browser.context.newPage();
  await page.goto(`${site.url}/menu`);
});
test.afterEach(() => page.close());
test.afterAll(async () => {
  await browser?.close();
  site?.close();
});

const overlay = () => overlayOf(page);
const prompt = () => promptOf(page);
const picture = () => overlay().getByRole('button', { name: 'Draw on the picture' });

/** Colours that the picture has in a part of the viewport, each once. */
function coloursIn(box: { x: number; y: number; width: number; height: number }): Promise<string[]> {
  return picture()
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement, { x, y, width, height }) => {
      const by = canvas.width / innerWidth;
      const { data } = canvas.getContext('2d')!.getImageData(x * by, y * by, width * by, height * by);
      const found = new Set<string>();
      for (let at = 0; at < data.length; at += 4) found.add(data.slice(at, at + 3).join(','));
      return [...found];
    }, box);
}

/** Keys that came through to the page; the modifier of the key itself is pressed before anybody can know. */
async function leakedKeys(): Promise<string[]> {
  const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
  return heard.filter((entry) => /^(key|beforeinput|input)/.test(entry) && !entry.includes(' Control '));
}

test('the picture is of the page as it was at the key, with its menu open, nothing of ours in it and the private covered', async () => {
  const late = overlay().getByText('The picture took too long. Take it again.');
  // On a machine that is busy the box may not have waited long enough for it.
  for (let tries = 1; tries <= 5; tries += 1) {
    await page.mouse.move(40, 35);
    await expect(page.locator('#menu')).toBeVisible();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('typed at once');
    await expect(prompt()).toHaveValue('typed at once');
    await expect(picture().or(late)).toBeVisible();
    if (await picture().isVisible()) break;
    await prompt().fill('');
    await page.keyboard.press('Escape');
    await expect(overlay()).toHaveCount(0);
  }
  await expect(picture()).toBeVisible();
  await expect(overlay()).toHaveCSS('opacity', '1');
  expect(await coloursIn({ x: 30, y: 90, width: 40, height: 15 })).toEqual(['255,0,255']);
  // Where the box stands, and all around it.
  expect(await coloursIn({ x: 240, y: 0, width: 800, height: 600 })).toEqual(['0,128,0']);
  expect(await coloursIn({ x: 30, y: 705, width: 180, height: 30 })).not.toContain('255,255,0');
  expect(await leakedKeys()).toEqual([]);
  await expect(page.locator('#field')).toHaveValue('a secret');

  await overlay().getByRole('button', { name: 'Leave out the picture' }).click();
  await expect(picture()).toHaveCount(0);
  // Taken on demand, with words in the box, it is as clean.
  await overlay().getByRole('button', { name: 'Picture', exact: true }).click();
  await expect(picture()).toBeVisible();
  expect(await coloursIn({ x: 240, y: 0, width: 800, height: 600 })).toEqual(['0,128,0']);
  await page.keyboard.press('Escape');
  await expect(overlay()).toHaveCount(0);
});

test('asked for more often than the browser allows, each picture comes, if a moment later', async () => {
  await page.keyboard.press('Control+k');
  const take = overlay().getByRole('button', { name: 'Picture', exact: true });
  await expect(overlay()).toHaveCSS('opacity', '1');
  for (let taken = 0; taken < 5; taken += 1) {
    await take.click();
    await expect(take).toHaveAttribute('aria-busy', 'false');
    await expect(overlay()).toHaveCSS('opacity', '1');
    await expect(picture()).toBeVisible();
    await expect(overlay().getByText(/did not give a picture|took too long/)).toHaveCount(0);
  }
});

test('a picture that does not come keeps the box from showing for a moment only, and is not taken later with the box in it', async () => {
  await browser.stopWorker();
  await page.bringToFront();
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Escape');
  await (await browser.worker()).evaluate(() => {
    const { tabs } = chrome;
    const taking = tabs.captureVisibleTab.bind(tabs);
    const asked = globalThis as unknown as { give?(): void };
    const given = new Promise<void>((done) => {
      asked.give = done;
    });
    tabs.captureVisibleTab = async (...what) => given.then(() => taking(...what));
  });
  await page.keyboard.press('Control+k');
  await page.keyboard.type('not lost');
  await expect(overlay()).toHaveCSS('opacity', '1');
  await expect(picture()).toHaveCount(0);
  await (await browser.worker()).evaluate(() => (globalThis as unknown as { give(): void }).give());
  await expect(overlay().getByText('The picture took too long. Take it again.')).toBeVisible();
  await expect(picture()).toHaveCount(0);
  await expect(prompt()).toHaveValue(/not lost$/);
  expect(await leakedKeys()).toEqual([]);
});
