import { expect, test } from '@playwright/test';
import { type AppDaemon, startAppDaemon } from '../support/app-daemon.ts';
import { detailOf, must, untilState } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { FIREFOX_ORIGIN, type Firefox, openFirefox } from '../support/firefox.ts';
import { type FirefoxPage, openPage } from '../support/firefox-page.ts';
import { pairCode } from '../support/pairing.ts';

/** One person's first hour with it: each part goes on where the one before ended. */
test.describe.configure({ mode: 'serial' });

let live: AppDaemon;
let { app, model, daemon } = {} as AppDaemon;
let firefox: Firefox;
let page: FirefoxPage;
let popup: FirefoxPage;

const route = () => `${daemon.gateway}${app.route}`;

test.beforeAll(async () => {
  live = await startAppDaemon({ script: (of) => ({ first: changeWords(of, of.words, 'said-from-firefox', 'think') }) });
  ({ app, model, daemon } = live);
  firefox = await openFirefox('about:blank');
});

test.afterAll(async () => {
  await firefox?.close();
  await live?.end();
});

test('paired by keyboard alone, from its own origin; a wrong code is told apart', async () => {
  const options = await openPage(firefox, `${FIREFOX_ORIGIN}/options.html`);
  await expect.poll(() => options.words()).toContain('Ctrl+Alt+K does too');
  await options.see("document.querySelector('#address').focus()");
  await options.press('Control+a', ...daemon.control, 'Tab', ...'AAAA-AAAA', 'Enter');
  await expect.poll(() => options.words()).toContain('The code is not right');
  const { code } = await pairCode(daemon);
  await options.see("document.querySelector('#code').focus()");
  await options.press('Control+a', ...code, 'Tab', 'Control+a', ...'Firefox of Ann', 'Enter');
  await expect.poll(() => options.words()).toContain('Connected');
  const { devices } = await must(daemon.client.call('listDevices', {}));
  expect(devices.filter(({ kind }) => kind === 'extension').map(({ name }) => name)).toEqual(['Firefox of Ann']);
  await options.close();
});

test('asked for where it was thought of: typed, picked by pointer and by key, looked at as it is sent, and sent', async () => {
  page = await openPage(firefox, `${route()}?token=not-for-anyone`);
  // What only the page’s own world has, and so only a script in that world finds.
  await page.see("void (document.querySelector('h1').__svelte_meta = { loc: { file: 'src/Words.svelte', line: 3 } })");
  await page.press('Control+k', ...'Say it better. SCENARIO=first');
  await expect.poll(() => page.prompt()).toBe('Say it better. SCENARIO=first');
  const chips = () => page.see<string[]>("[...root.querySelectorAll('.chip-remove')].map((each) => each.ariaLabel)");
  await page.click({ button: 'Pick element' });
  await expect.poll(() => page.see("root.querySelector('dialog').open")).toBe(false);
  await page.click({ selector: 'h1' });
  await expect.poll(chips).toEqual(['Leave out element 1']);
  await page.click({ button: 'Pick element' });
  await expect.poll(() => page.see("root.querySelector('dialog').open")).toBe(false);
  // The body, its heading, and beside that the paragraph.
  await page.press('ArrowDown', 'ArrowDown', 'ArrowRight', 'Enter');
  await expect.poll(chips).toEqual(['Leave out element 1', 'Leave out element 2']);
  await page.click({ button: 'Picture' });
  await expect.poll(chips).toEqual(['Leave out element 1', 'Leave out element 2', 'Leave out the picture']);
  await page.click({ button: 'What is sent' });
  await expect.poll(() => page.words()).toContain('Exactly what is sent');
  const shown = await page.words();
  expect(shown).toContain('token=***');
  expect(shown).not.toContain('not-for-anyone');
  await page.press('Escape');
  await page.see("root.querySelector('textarea').focus()");
  await page.press('Enter');
  await expect.poll(() => page.prompt()).toBe('');

  await model.reached('think');
  await expect.poll(() => page.words()).toContain('Editing');
  const { runs } = await must(daemon.client.call('listRuns', {}));
  const { context } = await detailOf(daemon, runs[0]!.id);
  expect(context?.url).toBe(`${route()}?token=***`);
  expect(context?.elements?.map(({ selector }) => selector)).toEqual(['h1', 'p']);
  expect(context?.elements?.[0]?.hints).toMatchObject({ 'svelte source': 'src/Words.svelte:3' });
  // One of each element and one of the page.
  expect(context?.screenshots).toHaveLength(3);
});

test('no press on a page is an approval, since Firefox does not say what covers it: the overlay leads to where one is', async () => {
  popup = await openPage(firefox, `${FIREFOX_ORIGIN}/popup.html`);
  // Without a desktop to show it on, Firefox closes each notification at once.
  await popup.see('void (window.told = [], browser.notifications.onClosed.addListener((id) => told.push(id)))');
  await firefox.command('browsingContext.activate', { context: page.context });
  // The overlay wakes it again and goes on as if nothing had been.
  await firefox.stopBackground();
  model.release('think');
  const { runs } = await must(daemon.client.call('listRuns', {}));
  const run = await untilState(daemon, runs[0]!.id, 'needs_approval');
  await expect.poll(() => page.words()).toContain('The words are now said-from-firefox.');
  expect(await page.words()).toContain('This browser cannot tell whether the page hides what you press.');
  expect(await page.words()).not.toContain('Approve and Merge');
  expect(await page.see("root.querySelectorAll('.approve').length")).toBe(0);
  await expect.poll(() => popup.see('told.length')).toBe(1);
  expect(await popup.see('told[0]')).toContain(run.id);
  const before = await firefox.tabs();
  await page.click({ button: 'Approve on the run’s page' });
  await expect
    .poll(async () => (await firefox.tabs()).filter((url) => !before.includes(url)))
    .toEqual([`${daemon.control}/codex/runs/${run.id}`]);
  expect((await detailOf(daemon, run.id)).approvals).toEqual([]);
});

test('the run inbox finds it, and there it is approved by keyboard alone; the overlay shows that at once', async () => {
  await firefox.command('browsingContext.activate', { context: popup.context });
  await expect.poll(() => popup.words()).toContain('Say it better');
  await popup.press('j');
  await expect.poll(() => popup.see("document.activeElement.matches('[data-run-link]')")).toBe(true);
  await popup.press('Enter');
  await expect.poll(() => popup.see("root.querySelector('[data-armed]')?.dataset.armed")).toBe('true');
  await popup.press('a', 'Enter');
  await expect.poll(() => popup.words()).toContain('Merged');
  await expect.poll(() => page.words()).toContain('Merged');
  const { runs } = await must(daemon.client.call('listRuns', {}));
  expect((await detailOf(daemon, runs[0]!.id)).approvals).toHaveLength(1);
  const now = await openPage(firefox, route());
  await expect
    .poll(async () => {
      await now.see('void location.reload()');
      return now.see("document.querySelector('h1')?.innerText");
    })
    .toBe('said-from-firefox');
});
