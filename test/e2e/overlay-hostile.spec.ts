import { expect, type Page, test } from '@playwright/test';
import { flaws } from '../support/accessible.ts';
import type { Chrome } from '../support/chrome-api.ts';
import { EXTENSION_ID, type ExtendedBrowser, openExtendedBrowser, readShelf } from '../support/extension.ts';
import { type HostileSite, leakedOf, serveHostilePages, TYPED_ON } from '../support/hostile-pages.ts';
import { overlayOf, promptOf } from '../support/overlay.ts';

declare const chrome: Chrome;

const EXTENSION_ORIGIN = `chrome-extension://${EXTENSION_ID}`;
const TYPED = 'hello wörld';

let site: HostileSite;
let browser: ExtendedBrowser;
let page: Page;
let options: Page;

test.beforeAll(async () => {
  site = await serveHostilePages();
  browser = await openExtendedBrowser();
  options = await shelfPage(browser);
});
test.beforeEach(async () => {
  await keptDrafts('clear');
  page = await browser.context.newPage();
});
test.afterEach(() => page.close());
test.afterAll(async () => {
  await browser?.close();
  site?.close();
});

const leaked = async (on: Page) => leakedOf(await on.evaluate(() => (globalThis as { heard?: string[] }).heard ?? []));

const forget = (on: Page) => on.evaluate(() => Reflect.set(globalThis, 'heard', []) && undefined);

/** A page of the extension from which its shelves are read. */
async function shelfPage(of: ExtendedBrowser): Promise<Page> {
  const opened = await of.context.newPage();
  await opened.goto(`${EXTENSION_ORIGIN}/manifest.json`);
  return opened;
}

/** Drafts as the extension keeps them: what was typed, whatever can be seen of it from a page. */
async function keptDrafts(then: 'keep' | 'clear' = 'keep'): Promise<Record<string, string>> {
  const drafts = await readShelf<{ page: string; text: string }>(options, 'drafts', then);
  return Object.fromEntries(drafts.map(({ page: place, text }) => [place, text]));
}

async function keepSettings(settings: unknown): Promise<void> {
  const worker = await browser.worker();
  await worker.evaluate((value) => chrome.storage.local.set({ settings: value }), settings);
}

for (const path of TYPED_ON) {
  test(`typed on ${path}: all of it is in the prompt, none of it in the page, and it looks as everywhere`, async () => {
    await page.goto(site.url + path);
    if (path === '/rewritten') await expect(page.locator('html')).toHaveAttribute('data-anew', 'yes');
    await forget(page);
    await page.keyboard.press('Control+k');
    await page.keyboard.type(TYPED);
    await expect(promptOf(page)).toHaveValue(TYPED);
    await expect(overlayOf(page)).toHaveCSS('background-color', 'rgb(255, 255, 255)');
    await expect(overlayOf(page)).toHaveCSS('opacity', '1');
    await expect.poll(() => overlayOf(page).evaluate((dialog) => dialog.matches(':modal'))).toBe(true);
    await expect(promptOf(page)).toHaveCSS('font-size', '16px');
    expect((await overlayOf(page).boundingBox())?.width).toBe(640);
    await page.keyboard.press('Escape');
    await expect(overlayOf(page)).toHaveCount(0);
    if (path !== '/swallows') expect(await leaked(page)).toEqual([]);
    expect(await page.evaluate(() => (document.getElementById('field') as HTMLInputElement | null)?.value ?? '')).toBe('');
  });
}

for (const path of ['/frame', '/foreign-frame', '/srcdoc-frame']) {
  test(`pressed inside ${path}: what is typed at once is in the prompt, and the frame has the focus again afterwards`, async () => {
    await page.goto(site.url + path);
    const field = page.frameLocator('#f').locator('#field');
    await field.click();
    await forget(page);
    await page.keyboard.press('Control+k');
    await page.keyboard.type(TYPED);
    await expect(promptOf(page)).toHaveValue(TYPED);
    await page.keyboard.press('Escape');
    await expect(overlayOf(page)).toHaveCount(0);
    expect(await leaked(page)).toEqual([]);
    await expect(field).toHaveValue('');
    await page.keyboard.type('back');
    await expect(field).toHaveValue('back');
  });
}

for (const path of ['/frame', '/foreign-frame']) {
  test(`pressed twice inside ${path}, the key is the frame’s, where its focus was`, async () => {
    await page.goto(site.url + path);
    const field = page.frameLocator('#f').locator('#field');
    const inner = page.frames().find((frame) => frame.url().endsWith('/listens'))!;
    const heard = () =>
      inner.evaluate(() => (globalThis as unknown as { heard: string[] }).heard.filter((entry) => /^keydown \w+ k /.test(entry)));
    await field.click();
    await page.keyboard.press('Control+k');
    await expect(overlayOf(page)).toBeVisible();
    await page.keyboard.press('Escape');
    await field.click();
    expect(await heard()).toEqual([]);
    await page.keyboard.press('Control+k');
    await expect(promptOf(page)).toBeFocused();
    await page.keyboard.press('Control+k');
    // On window and on document, capturing and not.
    const once = ['true', 'true', 'false', 'false'].map((captures) => `keydown ${captures} k input false`);
    await expect.poll(heard).toEqual(once);
    await expect(overlayOf(page)).toHaveCount(0);
    // At once: the second may come before the overlay has the focus.
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Control+k');
    await expect.poll(heard).toEqual([...once, ...once]);
    await expect(overlayOf(page)).toHaveCount(0);
    await page.keyboard.type('written');
    await expect(field).toHaveValue('written');
    expect((await leaked(page)).filter((entry) => !/(click|mousedown|pointerdown)/.test(entry))).toEqual([]);
  });
}

test('a page that removes us whatever element we stand under does not lose what is typed', async () => {
  await page.goto(`${site.url}/removes`);
  await forget(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type(TYPED);
  await page.keyboard.press('Escape');
  await expect.poll(async () => (await keptDrafts())[`${site.url}/removes`]).toBe(TYPED);
  expect(await leaked(page)).toEqual([]);
  expect(await page.evaluate(() => (globalThis as { removed?: number }).removed)).toBeLessThan(20);
  await page.locator('h1').click();
  expect(await leaked(page)).not.toEqual([]);
});

test('pasting, dropping, composing and pressing stay inside', async () => {
  await page.goto(`${site.url}/listens`);
  const session = await browser.context.newCDPSession(page);
  await forget(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('copied');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  await page.keyboard.press('End');
  await page.keyboard.press('Control+v');
  await expect(promptOf(page)).toHaveValue('copiedcopied');

  await session.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 });
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 });
  await session.send('Input.insertText', { text: '日本' });
  await expect(promptOf(page)).toHaveValue('copiedcopied日本');

  const box = (await promptOf(page).boundingBox())!;
  const at = { x: box.x + 40, y: box.y + 30 };
  const data = { items: [{ mimeType: 'text/plain', data: 'dropped' }], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await session.send('Input.dispatchDragEvent', { type, ...at, data });
  await expect(promptOf(page)).toHaveValue(/dropped/);
  await page.mouse.click(at.x, at.y);
  await page.mouse.wheel(0, 50);
  expect(await leaked(page)).toEqual([]);
});

test('an element is picked by pointer and by key without the page hearing of it; Esc goes one layer back at a time', async () => {
  await page.goto(`${site.url}/listens`);
  await forget(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('this one');
  const chips = overlayOf(page).getByRole('list', { name: 'Goes along with it' });
  await overlayOf(page).getByRole('button', { name: 'Pick element' }).click();
  await expect(overlayOf(page)).toHaveCount(0);
  const at = (await page.locator('#field').boundingBox())!;
  await page.mouse.move(at.x + 8, at.y + 8);
  await page.mouse.click(at.x + 8, at.y + 8);
  await expect(chips.getByRole('button', { name: 'Leave out element 1' })).toBeVisible();
  await expect(promptOf(page)).toHaveValue('this one');

  await overlayOf(page).getByRole('button', { name: 'Pick element' }).click();
  await expect(overlayOf(page)).toHaveCount(0);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(chips.getByRole('button', { name: 'Leave out element 2' })).toBeVisible();

  await overlayOf(page).getByRole('button', { name: 'What is sent' }).click();
  await expect(overlayOf(page).getByRole('region', { name: 'What is sent' })).toBeVisible();
  await overlayOf(page).getByRole('button', { name: 'Pick element' }).click();
  await expect(overlayOf(page)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(overlayOf(page).getByRole('region', { name: 'What is sent' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(overlayOf(page).getByRole('region', { name: 'What is sent' })).toHaveCount(0);
  await expect(promptOf(page)).toHaveValue('this one');
  await page.keyboard.press('Escape');
  await expect(overlayOf(page)).toHaveCount(0);
  expect(await leaked(page)).toEqual([]);
});

test('what lies over the page is no private part of its picture, and a long list stays inside the window', async () => {
  await page.goto(`${site.url}/plain`);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('a prompt is a field with words in it');
  await overlayOf(page).getByRole('button', { name: 'Picture', exact: true }).click();
  await expect(overlayOf(page).getByRole('button', { name: 'Draw on the picture' })).toBeVisible();
  await overlayOf(page).getByRole('button', { name: 'What is sent' }).click();
  // What is written in the page's own editor.
  await expect(overlayOf(page).getByText('1 private thing is hidden')).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 500 });
  await expect
    .poll(() =>
      overlayOf(page)
        .boundingBox()
        .then((box) => box!.y + box!.height),
    )
    .toBeLessThanOrEqual(500);
});

test('what is pasted beyond the length of a request is cut, and said to be', async () => {
  await page.goto(`${site.url}/listens`);
  await forget(page);
  await page.keyboard.press('Control+k');
  const full = overlayOf(page).getByText(/^This is as long as a request may be/);
  await page.keyboard.insertText('x'.repeat(32_767));
  await expect(full).toHaveCount(0);
  await page.keyboard.insertText('yz');
  await expect(full).toBeVisible();
  await expect(promptOf(page)).toHaveValue(`${'x'.repeat(32_767)}y`);
  await expect.poll(async () => (await keptDrafts())[`${site.url}/listens`]?.length).toBe(32_768);
  await page.keyboard.press('Backspace');
  await expect(full).toHaveCount(0);
  expect(await leaked(page)).toEqual([]);
});

test('nothing that a page can say or do opens, closes, fills or sends', async () => {
  await page.goto(`${site.url}/fakes`);
  const fake = () => page.evaluate(() => (globalThis as unknown as { fake(): void }).fake());
  await fake();
  await expect(overlayOf(page)).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('mine');
  await fake();
  await expect(promptOf(page)).toHaveValue('mine');
  expect(Object.values(await keptDrafts())).not.toContain('FAKE');
  await page.keyboard.press('Escape');
  await fake();
  await page.keyboard.press('Control+k');
  await expect(promptOf(page)).toHaveValue('mine');
});

test('pressed twice, the key is the page’s, where its focus was', async () => {
  await page.goto(`${site.url}/takes-key`);
  await page.keyboard.press('Control+k');
  await expect(overlayOf(page)).toBeVisible();
  expect(await page.evaluate(() => (globalThis as { took?: number }).took)).toBe(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Control+k');
  await expect(overlayOf(page)).toHaveCount(0);
  expect(await page.evaluate(() => (globalThis as { took?: number }).took)).toBe(1);

  await page.goto(`${site.url}/listens`);
  await page.locator('#field').click();
  await forget(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Control+k');
  const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
  expect(heard.filter((entry) => entry.startsWith('keydown true k'))).toEqual(['keydown true k input false', 'keydown true k input false']);
});

test('the focus goes back to where it was, caret and selection too', async () => {
  await page.goto(`${site.url}/plain`);
  await page.locator('#editor').click();
  await page.keyboard.press('End');
  for (let i = 0; i < 5; i++) await page.keyboard.press('Shift+ArrowLeft');
  expect(await page.evaluate(() => String(getSelection()))).toBe('place');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('something');
  await page.keyboard.press('Escape');
  expect(await page.evaluate(() => String(getSelection()))).toBe('place');
  await page.keyboard.type('X');
  await expect(page.locator('#editor')).toHaveText('written in X');
});

/** With another key in the settings that one opens it, wherever the focus is. */
async function opensByAnotherKey(): Promise<void> {
  await keepSettings({ hotkey: { mod: false, shift: true, alt: true, key: 'p' }, offSites: [] });
  await expect
    .poll(async () => {
      await page.keyboard.press('Alt+Shift+P');
      return overlayOf(page).count();
    })
    .toBe(1);
  await keepSettings({ hotkey: { mod: true, shift: false, alt: false, key: 'k' }, offSites: [] });
}

test('off on a site or with another key, the page has its own key', async () => {
  await page.goto(`${site.url}/takes-key`);
  const took = () => page.evaluate(() => (globalThis as { took?: number }).took);
  await keepSettings({ hotkey: { mod: true, shift: false, alt: false, key: 'k' }, offSites: ['127.0.0.1'] });
  await expect
    .poll(async () => {
      await page.keyboard.press('Control+k');
      return took();
    })
    .toBeGreaterThan(0);
  await expect(overlayOf(page)).toHaveCount(0);
  await opensByAnotherKey();
});

for (const path of ['/frame', '/foreign-frame']) {
  test(`off on the site of ${path} or with another key, its frame has its own key too`, async () => {
    await keepSettings({ hotkey: { mod: true, shift: false, alt: false, key: 'k' }, offSites: ['127.0.0.1'] });
    await page.goto(site.url + path);
    await page.frameLocator('#f').locator('#field').click();
    const inner = page.frames().find((frame) => frame.url().endsWith('/listens'))!;
    const heardKey = () => inner.evaluate(() => (globalThis as { heard?: string[] }).heard?.some((entry) => / k /.test(entry)) ?? false);
    await page.keyboard.press('Control+k');
    await expect.poll(heardKey).toBe(true);
    await expect(overlayOf(page)).toHaveCount(0);
    await opensByAnotherKey();
  });
}

test('the browser’s own shortcut opens it too, and the switch for this site closes it', async () => {
  await page.goto(`${site.url}/plain`);
  const worker = await browser.worker();
  await worker.evaluate(
    async (url) => {
      const [tab] = await chrome.tabs.query({ url: `${new URL(url).origin.replace(/:\d+$/, '')}/plain` });
      chrome.commands.onCommand.dispatch('open-overlay', tab);
    },
    site.url.replace(/:\d+$/, ':*').replace(':*', ''),
  );
  await expect(overlayOf(page)).toBeVisible();
  const overlay = overlayOf(page);
  await overlay.getByRole('button', { name: 'Off on this site…' }).click();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await overlay.getByRole('button', { name: 'Off on this site…' }).click();
  await expect(overlay).toContainText('On 127.0.0.1, whatever the port');
  await page.keyboard.press('Enter');
  await expect(overlayOf(page)).toHaveCount(0);
  await keepSettings({ offSites: [] });
});

test('a draft survives a stopped background, a reload and a crash; typed before it was read, it stands first', async () => {
  await page.goto(`${site.url}/plain`);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('first line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('second');
  await expect.poll(async () => (await keptDrafts())[`${site.url}/plain`]).toBe('first line\nsecond');
  await browser.stopWorker();
  await page.reload();
  await page.keyboard.press('Control+k');
  await page.keyboard.type(', and more');
  await expect(promptOf(page)).toHaveValue('first line\nsecond, and more');
  await expect.poll(async () => (await keptDrafts())[`${site.url}/plain`]).toBe('first line\nsecond, and more');
  const crashed = new Promise((done) => page.once('crash', done));
  await page.goto('chrome://crash').catch(() => undefined);
  await crashed;
  await page.close();
  page = await browser.context.newPage();
  await page.goto(`${site.url}/plain`);
  await page.keyboard.press('Control+k');
  await expect(promptOf(page)).toHaveValue('first line\nsecond, and more');
});

test('not paired yet: it says how, keeps what is written, and is accessible, light and dark, also on a phone', async () => {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 720 });
      await page.goto(`${site.url}/rtl`);
      await page.keyboard.press('Control+k');
      await expect(overlayOf(page).getByText('This browser is not paired yet')).toBeVisible();
      const box = (await overlayOf(page).boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(await overlayOf(page).evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth)).toBe(true);
      expect(await flaws(page, 'codex-builder')).toEqual([]);
    }
  }
  await page.keyboard.type('kept');
  const [pairing] = await Promise.all([
    browser.context.waitForEvent('page'),
    overlayOf(page).getByRole('button', { name: 'Pair this browser…' }).click(),
  ]);
  await expect.poll(() => pairing.url()).toContain(EXTENSION_ORIGIN);
  await pairing.close();
  await expect(promptOf(page)).toHaveValue('kept');
});

test('the release has a closed root and works by keyboard alone', async () => {
  const released = await openExtendedBrowser('release');
  const debug = options;
  options = await shelfPage(released);
  try {
    const tab = await released.context.newPage();
    await tab.goto(`${site.url}/listens`);
    await forget(tab);
    await tab.keyboard.press('Control+k');
    await tab.keyboard.type(TYPED);
    expect(await tab.evaluate(() => document.querySelector('codex-builder')?.shadowRoot)).toBeNull();
    await expect.poll(async () => (await keptDrafts())[`${site.url}/listens`]).toBe(TYPED);
    // Past the prompt stand the buttons: Tab, and Enter presses the one that is focused.
    await tab.bringToFront();
    const opened = released.context.waitForEvent('page');
    for (let i = 0; i < 5; i++) await tab.keyboard.press('Tab');
    await tab.keyboard.press('Enter');
    expect((await opened).url()).toContain(EXTENSION_ORIGIN);
    await tab.bringToFront();
    await tab.keyboard.press('Escape');
    expect(await tab.evaluate(() => document.querySelector('codex-builder'))).toBeNull();
    expect(await leaked(tab)).toEqual([]);
  } finally {
    options = debug;
    await released.close();
  }
});

test('a cover drawn over the edge of the picture is there, and to let go beside the box does not close it', async () => {
  await page.goto(`${site.url}/listens`);
  await page.keyboard.press('Control+k');
  await overlayOf(page).getByRole('button', { name: 'Picture', exact: true }).click();
  await overlayOf(page).getByRole('button', { name: 'Draw on the picture' }).click();
  const box = (await overlayOf(page).locator('.cap-editor canvas').boundingBox())!;
  await forget(page);
  await page.mouse.move(box.x + 60, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(5, box.y + 60, { steps: 3 });
  await page.mouse.up();
  await expect(overlayOf(page).getByRole('button', { name: 'Undo' })).toHaveAttribute('aria-disabled', 'false');
  expect(await leaked(page)).toEqual([]);
});

test('closed while an element is picked, the page has its pointer and its keys again', async () => {
  await page.goto(`${site.url}/listens`);
  await page.keyboard.press('Control+k');
  await overlayOf(page).getByRole('button', { name: 'Pick element' }).click();
  await page.mouse.move(200, 200);
  await page.keyboard.press('Control+k');
  await expect(page.locator('codex-builder')).toHaveCount(0);
  await page.locator('#field').click();
  await page.keyboard.type(TYPED);
  await expect(page.locator('#field')).toHaveValue(TYPED);
  // And the next time it is there as always.
  await page.keyboard.press('Control+k');
  await expect(promptOf(page)).toBeFocused();
});
