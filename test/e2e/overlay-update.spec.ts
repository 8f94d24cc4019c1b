import { expect, type Page, test, type Worker } from '@playwright/test';
import type { Chrome } from '../support/chrome-api.ts';
import { type ExtendedBrowser, openBareBrowser, openExtendedBrowser, readShelf, reloadExtension, turnOff } from '../support/extension.ts';
import { type HostileSite, serveHostilePages } from '../support/hostile-pages.ts';
import { promptOf } from '../support/overlay.ts';

declare const chrome: Chrome;

test.setTimeout(60_000);

/** Pages that are open while the extension comes into the browser, or comes anew. */
let site: HostileSite;
let browser: ExtendedBrowser;
let page: Page;

test.beforeAll(async () => {
  site = await serveHostilePages();
  browser = await openExtendedBrowser();
});
test.beforeEach(async () => {
  page = await browser.context.newPage();
});
test.afterEach(() => page.close());
test.afterAll(async () => {
  await browser?.close();
  site?.close();
});

/** Waits until the extension whose background this is has entered the page at the front, all its frames included. */
async function entered(worker: Worker): Promise<void> {
  const isIn = () =>
    worker.evaluate(async () => {
      const [tab] = await chrome.tabs.query({ active: true });
      const func = () => (globalThis as { codexBuilderScripts?: Set<string> }).codexBuilderScripts?.size ?? 0;
      const frames = await chrome.scripting.executeScript({ target: { tabId: tab!.id, allFrames: true }, func });
      return frames.every(({ result }) => result === 1);
    });
  await expect.poll(isIn).toBe(true);
}

const hosts = (on: Page) => on.locator('codex-builder');

async function keptDrafts(): Promise<string[]> {
  return (await readShelf<{ text: string }>(await browser.worker(), 'drafts')).map(({ text }) => text);
}

/** What a page heard of the keys K and of letters, as far as it listens like most pages: on its document. */
async function heard(on: Page): Promise<string[]> {
  return on.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
}

async function listen(on: Page): Promise<void> {
  await on.evaluate(() => {
    const own: string[] = [];
    Reflect.set(globalThis, 'heard', own);
    for (const type of ['keydown', 'keyup', 'beforeinput', 'input', 'click'])
      for (const capture of [true, false])
        document.addEventListener(
          type,
          (event) => !/^(Control|Escape)$/.test((event as KeyboardEvent).key ?? '') && own.push(`${type} ${(event as KeyboardEvent).key}`),
          { capture },
        );
  });
}

test('after an update the key works in a page that stayed open: one overlay, the draft in it, nothing leaks', async () => {
  await page.goto(`${site.url}/plain`);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('before the update');
  await expect.poll(keptDrafts).toEqual(['before the update']);
  await page.keyboard.press('Escape');
  await entered(await reloadExtension(browser));
  await listen(page);
  await page.keyboard.press('Control+k');
  await expect(promptOf(page)).toHaveCount(1);
  await expect(hosts(page)).toHaveCount(1);
  await page.keyboard.type(', and after');
  await expect(promptOf(page)).toHaveValue('before the update, and after');
  // By the new one, which alone can reach the background.
  await expect.poll(keptDrafts).toEqual(['before the update, and after']);
  // What the box is for works too: the background answers it.
  await expect(page.getByText('This browser is not paired yet')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(promptOf(page)).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await expect(promptOf(page)).toHaveCount(1);
  await page.keyboard.press('Escape');
  expect(await heard(page)).toEqual([]);
  await expect(hosts(page)).toHaveCount(0);
});

test('an overlay that is open during an update goes on with what is written in it; frames too', async () => {
  await page.goto(`${site.url}/frame`);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('written');
  await entered(await reloadExtension(browser));
  await expect(page.getByText('This browser is not paired yet')).toHaveCount(1);
  await expect(hosts(page)).toHaveCount(1);
  await page.keyboard.type(' on');
  await expect(promptOf(page)).toHaveValue('written on');
  await page.keyboard.press('Escape');
  await expect(hosts(page)).toHaveCount(0);
  const field = page.frameLocator('#f').locator('#field');
  await field.click();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('!');
  await expect(promptOf(page)).toHaveValue('written on!');
  await expect(hosts(page)).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(field).toHaveValue('');
});

test('installed while a page is open, the key works in it without a reload', async () => {
  const bare = await openBareBrowser();
  try {
    const tab = await bare.context.newPage();
    await tab.goto(`${site.url}/plain`);
    await listen(tab);
    await tab.keyboard.press('Control+k');
    await entered(await bare.install());
    await expect(hosts(tab)).toHaveCount(0);
    await tab.evaluate(() => (globalThis as unknown as { heard: string[] }).heard.splice(0));
    await tab.keyboard.press('Control+k');
    await tab.keyboard.type('here');
    await expect(promptOf(tab)).toHaveValue('here');
    expect(await heard(tab)).toEqual([]);
  } finally {
    await bare.close();
  }
});

test('turned off while the overlay is open, it says what helps, keeps what is written, and lets go of the page', async () => {
  const alone = await openExtendedBrowser();
  try {
    const tab = await alone.context.newPage();
    await tab.goto(`${site.url}/plain`);
    await tab.keyboard.press('Control+k');
    await expect(tab.getByText('This browser is not paired yet')).toHaveCount(1);
    await tab.keyboard.type('written');
    await turnOff(alone);
    await tab.bringToFront();
    await expect(tab.getByText('The extension is not there any more')).toBeVisible();
    await tab.keyboard.type(' on');
    await expect(promptOf(tab)).toHaveValue('written on');
    await tab.keyboard.press('Escape');
    await expect(hosts(tab)).toHaveCount(0);
    await listen(tab);
    await tab.keyboard.press('Control+k');
    expect(await heard(tab)).toContain('keydown k');
  } finally {
    await alone.close();
  }
});
