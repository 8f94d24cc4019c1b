import { expect, type Locator, type Page, test } from '@playwright/test';
import { flaws } from '../support/accessible.ts';
import { detailOf, findRuns, must, request, untilState } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { type ExtendedApp, openExtendedApp } from '../support/extended-app.ts';
import { type HostileSite, serveHostilePages } from '../support/hostile-pages.ts';
import { type OpenOverlay, openOverlay, pressKey, send } from '../support/overlay.ts';
import { pairBrowser } from '../support/pairing.ts';
import { answer } from '../support/scripted-model.ts';

let live: ExtendedApp;
let { app, model, daemon, browser } = {} as ExtendedApp;
let site: HostileSite;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  site = await serveHostilePages();
  live = await openExtendedApp({
    script: (of) => ({
      first: changeWords(of, of.words, 'words-of-the-overlay', 'think'),
      covered: changeWords(of, of.words, 'words-under-a-cover'),
      read: changeWords(of, 'words-under-a-cover', 'words-that-were-read'),
      older: changeWords(of, 'words-that-were-read', 'words-of-the-older'),
      newer: changeWords(of, 'words-of-the-older', 'words-of-the-newer'),
      waits: [{ hold: 'never' }, answer()],
    }),
  });
  ({ app, model, daemon, browser } = live);
  await pairBrowser(browser, daemon);
});

test.afterAll(async () => {
  site?.close();
  await live?.end();
});

const openOn = async (url: string) => connected(await openOverlay(browser, url));

async function connected(open: OpenOverlay): Promise<OpenOverlay> {
  await expect(open.overlay.getByText(/^To /)).toBeVisible();
  return open;
}

const isArmed = (overlay: Locator) => overlay.locator('[data-armed="true"]');

async function cancel(overlay: Locator): Promise<void> {
  await overlay.getByRole('button', { name: 'Cancel…' }).click();
  await expect(isArmed(overlay)).toBeVisible();
  await overlay.getByRole('button', { name: 'Cancel the run' }).click();
  // The one that stands open comes first.
  await expect(overlay.getByRole('article').first().getByText('Canceled', { exact: true })).toBeVisible();
}

async function expectAccessible(page: Page): Promise<void> {
  expect(await flaws(page, 'codex-builder')).toEqual([]);
}

test('asked for, watched and tried where it was thought of; its preview opens on the run', async () => {
  const { page, overlay, prompt } = await openOn(`${daemon.gateway}${app.route}?token=not-for-anyone`);
  await page.keyboard.type('Say it better. SCENARIO=first');
  await overlay.getByRole('button', { name: 'Picture', exact: true }).click();
  await expect(overlay.getByRole('button', { name: 'Draw on the picture' })).toBeVisible();
  await prompt.focus();
  await page.keyboard.press('Enter');
  await expect(prompt).toHaveValue('');
  await model.reached('think');
  await expect(overlay.getByText('Editing', { exact: true })).toBeVisible();
  await expectAccessible(page);
  model.release('think');
  const [run] = await findRuns(daemon, 'Say it better');
  await untilState(daemon, run!.id, 'needs_approval');
  await expect(isArmed(overlay)).toBeVisible();
  await expect(overlay.getByText(app.file)).toBeVisible();
  await expect(overlay.getByText('The words are now words-of-the-overlay.')).toBeVisible();
  // Seen here is seen everywhere.
  await expect.poll(async () => (await findRuns(daemon, 'Say it better')).map(({ unread = false }) => unread)).toEqual([false]);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page);

  const { context } = await detailOf(daemon, run!.id);
  expect(context?.url).toBe(`${daemon.gateway}${app.route}?token=***`);
  expect(context?.screenshots).toHaveLength(1);
  expect(context?.viewport?.width).toBe(1280);

  const [preview] = await Promise.all([
    browser.context.waitForEvent('page'),
    overlay.getByRole('button', { name: /Open Preview/ }).click(),
  ]);
  await preview.waitForURL(/^http/);
  const there = await connected(await pressKey(preview));
  await expect(there.overlay.getByText('this preview')).toBeVisible();
  await expect(isArmed(there.overlay)).toBeVisible();
  await preview.close();
  await page.close();
});

test('an approval is a person’s press on what they saw: no script, no click through a cover', async () => {
  const elsewhere = await openOn(`${daemon.gateway}${app.route}`);
  const [first] = await findRuns(daemon, 'Say it better');
  await elsewhere.overlay.getByRole('button', { name: /Say it better/ }).click();
  await expect(isArmed(elsewhere.overlay)).toBeVisible();
  const approve = elsewhere.overlay.getByRole('button', { name: /Approve and Merge/ });
  // Only a test can reach into the root at all: the release's is closed.
  await approve.evaluate((button: HTMLButtonElement) => {
    button.click();
    for (const type of ['pointerdown', 'mousedown', 'mouseup', 'click']) {
      button.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: type !== 'click' }));
      button.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true }));
    }
  });
  await elsewhere.page.close();

  const { page, overlay } = await openOn(`${site.url}/covers`);
  await page.keyboard.type('Under a cover. SCENARIO=covered');
  await page.keyboard.press('Enter');
  const hidden = overlay.getByRole('button', { name: /Approve and Merge/ });
  await expect(overlay.getByRole('article')).toHaveCount(1);
  const [covered] = await findRuns(daemon, 'Under a cover');
  await untilState(daemon, covered!.id, 'needs_approval');
  await expect(isArmed(overlay)).toBeVisible();
  const box = (await hidden.boundingBox())!;
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.evaluate(() => (globalThis as unknown as { cover(): void }).cover());
  await page.mouse.click(at.x, at.y);
  await expect(overlay.getByText(/That came too soon/)).toBeVisible();
  await expect(overlay.locator('[data-armed="false"]')).toBeVisible();
  for (const { id } of [first!, covered!]) {
    expect((await detailOf(daemon, id)).run.state).toBe('needs_approval');
  }
  await page.evaluate(() => (globalThis as unknown as { uncover(): void }).uncover());
  await expect(isArmed(overlay)).toBeVisible();
  // Already above ours, and then grown: nothing is opened, so only who looks at what lies over it can know.
  const size = (to: string) => page.evaluate((wanted) => (globalThis as unknown as { size(to: string): void }).size(wanted), to);
  await size('1px');
  await page.evaluate(() => (globalThis as unknown as { cover(): void }).cover());
  await expect(overlay.locator('[data-armed="false"]')).toBeVisible();
  await expect(isArmed(overlay)).toBeVisible();
  await size('100vmax');
  await expect(overlay.locator('[data-armed="false"]')).toBeVisible();
  await page.mouse.click(at.x, at.y);
  await expect(overlay.getByText(/That came too soon/)).toBeVisible();
  expect((await detailOf(daemon, covered!.id)).run.state).toBe('needs_approval');
  await page.evaluate(() => (globalThis as unknown as { uncover(): void }).uncover());
  await expect(isArmed(overlay)).toBeVisible();
  await hidden.click();
  await untilState(daemon, covered!.id, 'merged');
  await expect(overlay.getByText('Merged', { exact: true })).toBeVisible();
  await page.close();
});

test('revised, rejected and canceled in place; a form that is closed keeps its words', async () => {
  const { page, overlay, prompt } = await openOn(`${daemon.gateway}${app.route}`);
  await overlay.getByRole('button', { name: /Say it better/ }).click();
  await overlay.getByRole('button', { name: 'Reject…' }).click();
  await page.keyboard.type('not like this');
  await page.keyboard.press('Escape');
  await expect(prompt).toBeFocused();
  await overlay.getByRole('button', { name: 'Reject…' }).click();
  await expect(overlay.getByLabel('Why is it rejected?')).toHaveValue('not like this');
  await page.keyboard.press('Control+Enter');
  await expect(overlay.getByText('Rejected', { exact: true })).toBeVisible();
  const [run] = await findRuns(daemon, 'Say it better');
  expect((await untilState(daemon, run!.id, 'canceled')).reason?.code).toBe('REJECTED');

  await send(page, 'Take your time. SCENARIO=waits');
  await model.reached('never');
  await cancel(overlay);
  await overlay.getByRole('button', { name: 'Retry' }).click();
  await expect
    .poll(async () => (await findRuns(daemon, 'Take your time')).map(({ relation = 'asked' }) => relation))
    .toEqual(['retry', 'asked']);
  await expect(overlay.getByRole('button', { name: 'Retry' })).toHaveCount(0);
  await cancel(overlay);

  // Earlier prompts of this page, newest first; what is being written is the newest of them.
  await prompt.focus();
  await page.keyboard.type('new words');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowUp');
  await expect(prompt).toHaveValue('Take your time. SCENARIO=waits');
  await page.keyboard.press('ArrowUp');
  await expect(prompt).toHaveValue('Say it better. SCENARIO=first');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(prompt).toHaveValue('new words');
  await page.close();
});

test('nothing is decided before what changed could be read', async () => {
  const { id } = await request(daemon, 'Read it first. SCENARIO=read', `${daemon.gateway}${app.route}`);
  await untilState(daemon, id, 'needs_approval');
  const { page, overlay } = await openOn(`${daemon.gateway}${app.route}`);
  const run = overlay.getByRole('article').filter({ hasText: 'Read it first' });
  await expect(run).toBeVisible();
  const goOn = daemon.pause();
  try {
    await run.getByRole('button').click();
    await expect(run.getByText('Reading what changed…')).toBeVisible();
    // The one that opens and closes it: no way to approve, revise, reject or cancel.
    await expect(run.getByRole('button')).toHaveCount(1);
  } finally {
    goOn();
  }
  await expect(run.getByText(app.file)).toBeVisible();
  await expect(run.getByText('Reading what changed…')).toHaveCount(0);
  for (const name of ['Revise…', 'Reject…', 'Cancel…']) await expect(run.getByRole('button', { name })).toBeVisible();
  await expect(isArmed(run)).toBeVisible();
  await run.getByRole('button', { name: /Approve and Merge/ }).click();
  await untilState(daemon, id, 'merged');
  await page.close();
});

test('in a tab that still shows an earlier run of the slot nothing is approved until it is loaded again', async () => {
  const { id } = await request(daemon, 'Say it first. SCENARIO=older', `${daemon.gateway}${app.route}`);
  const { previewUrl } = await untilState(daemon, id, 'needs_approval');
  const { page, overlay } = await openOn(new URL(app.route, previewUrl).href);
  await expect(overlay.getByText('this preview')).toBeVisible();
  await expect(isArmed(overlay)).toBeVisible();
  const { run: newer } = await must(
    daemon.client.call('reviseRun', { params: { id }, body: { comments: [], text: 'Better. SCENARIO=newer' } }),
  );
  expect((await untilState(daemon, newer.id, 'needs_approval')).previewUrl).toBe(previewUrl);
  await expect(overlay.getByText('at this address now')).toBeVisible();
  await expect(overlay.getByText('Reload this page first: it still shows an earlier run.')).toBeVisible();
  await overlay.getByRole('button', { name: 'Reload it' }).click();
  const again = await connected(await pressKey(page));
  await expect(again.overlay.getByText('this preview')).toBeVisible();
  await expect(isArmed(again.overlay)).toBeVisible();
  await must(daemon.client.call('rejectRun', { params: { id: newer.id }, body: { reason: 'Only looked at.' } }));
  await page.close();
});

test('several lines are sent by Ctrl+Enter, not by Enter', async () => {
  const { page, prompt, overlay } = await openOn(`${site.url}/plain`);
  await page.keyboard.type('one');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('two');
  await page.keyboard.press('Enter');
  await expect(prompt).toHaveValue('one\ntwo\n');
  await page.keyboard.type('SCENARIO=waits');
  await page.keyboard.press('Control+Enter');
  await expect(prompt).toHaveValue('');
  await expect.poll(async () => (await findRuns(daemon, 'two')).map((each) => each.prompt)).toEqual(['one\ntwo\nSCENARIO=waits']);
  await cancel(overlay);
  await page.close();
});

test('without its daemon a request is kept, can be taken back, and is sent once when the daemon is there again', async () => {
  const { page, overlay, prompt } = await openOn(`${site.url}/plain`);
  await daemon.kill();
  await expect(overlay.getByText('The daemon is not running')).toBeVisible();
  await page.keyboard.type('Taken back');
  await page.keyboard.press('Enter');
  await expect(overlay.getByText('Waiting', { exact: true })).toBeVisible();
  await expect(overlay.getByText('npm start', { exact: true })).toBeVisible();
  await overlay.getByRole('button', { name: 'Take back' }).click();
  await expect(prompt).toHaveValue('Taken back');
  await expect(overlay.getByText('Waiting', { exact: true })).toHaveCount(0);
  await page.keyboard.type(', then kept. SCENARIO=waits');
  await page.keyboard.press('Enter');
  await expect(overlay.getByText('Waiting', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await browser.stopWorker();
  daemon = await live.again();
  await expect.poll(async () => (await findRuns(daemon, 'then kept')).length, { timeout: 60_000 }).toBe(1);
  await expect(overlay.getByText('Waiting', { exact: true })).toHaveCount(0, { timeout: 30_000 });
  expect((await findRuns(daemon, 'Taken back')).map((each) => each.prompt)).toEqual(['Taken back, then kept. SCENARIO=waits']);
  await page.close();
});

test('asked for with words alone, it goes on in place like any other', async () => {
  const { page, overlay, prompt } = await openOn(`${site.url}/plain`);
  await overlay.getByRole('button', { name: 'What is sent' }).click();
  await overlay.getByRole('switch', { name: 'This page' }).click();
  await prompt.focus();
  await page.keyboard.type('With words alone. SCENARIO=waits');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await findRuns(daemon, 'With words alone')).map(({ route = 'no page' }) => route)).toEqual(['no page']);
  const [run] = await findRuns(daemon, 'With words alone');
  await must(daemon.client.call('cancelRun', { params: { id: run!.id }, body: {} }));
  await expect(overlay.getByRole('article').filter({ hasText: 'With words alone' }).getByText('Canceled', { exact: true })).toBeVisible();
  await page.close();
});

test('a run is stopped by a press on what was seen, not by one through a cover', async () => {
  const { page, overlay } = await openOn(`${site.url}/covers`);
  await page.keyboard.type('Stopped by nobody. SCENARIO=waits');
  await page.keyboard.press('Enter');
  await overlay.getByRole('button', { name: 'Cancel…' }).click();
  const stop = overlay.getByRole('button', { name: 'Cancel the run' });
  await expect(isArmed(overlay)).toBeVisible();
  const box = (await stop.boundingBox())!;
  await page.evaluate(() => (globalThis as unknown as { cover(): void }).cover());
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await expect(overlay.getByText(/That came too soon/)).toBeVisible();
  const [run] = await findRuns(daemon, 'Stopped by nobody');
  expect((await must(daemon.client.call('getRun', { params: { id: run!.id } }))).run.state).not.toBe('canceled');
  await page.evaluate(() => (globalThis as unknown as { uncover(): void }).uncover());
  await expect(isArmed(overlay)).toBeVisible();
  await stop.click();
  await untilState(daemon, run!.id, 'canceled');
  await page.close();
});
