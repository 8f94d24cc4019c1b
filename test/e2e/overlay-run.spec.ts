import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import {
  type DaemonProcess,
  endEverything,
  freePort,
  must,
  startDaemon,
  stateFolder,
  untilReleases,
  untilState,
} from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { type ExtendedBrowser, openExtendedBrowser, pairBrowser, profileFolder, removeProfile } from '../support/extension.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';
import { type HostileSite, serveHostilePages } from '../support/hostile-pages.ts';
import { answer, type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';

let app: GeneratedApp;
let model: ScriptedModel;
let daemon: DaemonProcess;
let state: string;
let profile: string;
let browser: ExtendedBrowser;
let site: HostileSite;
let ports: { control: number; gateway: number };

const start = () => startDaemon({ repo: app.repo, state, ports, env: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl } });

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  app = generateApp();
  model = await startScriptedModel({
    first: changeWords(app, app.words, 'words-of-the-overlay', 'think'),
    covered: changeWords(app, app.words, 'words-under-a-cover'),
    waits: [{ hold: 'never' }, answer()],
  });
  state = stateFolder();
  ports = { control: await freePort(), gateway: await freePort() };
  [daemon, site] = await Promise.all([start(), serveHostilePages()]);
  await untilReleases(daemon, (releases) => releases[0]?.state === 'live');
  profile = profileFolder();
  browser = await openExtendedBrowser(profile);
  await pairBrowser(browser, daemon.control, (await must(daemon.client.call('createPairCode', { body: {} }))).code);
});

test.afterAll(async () => {
  await browser?.close();
  removeProfile(profile);
  site?.close();
  await endEverything(state, app.repo);
  await model.close();
});

interface Open {
  page: Page;
  overlay: Locator;
  prompt: Locator;
}

async function openOn(url: string): Promise<Open> {
  const page = await browser.context.newPage();
  await page.goto(url);
  return press(page);
}

async function press(page: Page): Promise<Open> {
  await page.bringToFront();
  await page.keyboard.press('Control+k');
  const overlay = page.getByRole('dialog', { name: 'Codex Builder' });
  await expect(overlay.getByText(/^To /)).toBeVisible();
  return { page, overlay, prompt: overlay.getByLabel('What should change on this page?') };
}

const runs = async (q: string) => (await must(daemon.client.call('listRuns', { query: { q } }))).runs;
const isArmed = (overlay: Locator) => overlay.locator('[data-armed="true"]');

async function expectAccessible(page: Page): Promise<void> {
  const { violations, incomplete } = await new AxeBuilder({ page }).include('codex-builder').analyze();
  expect(violations).toEqual([]);
  expect(incomplete).toEqual([]);
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
  const [run] = await runs('Say it better');
  await untilState(daemon, run!.id, 'needs_approval');
  await expect(isArmed(overlay)).toBeVisible();
  await expect(overlay.getByText(app.file)).toBeVisible();
  await expect(overlay.getByText('The words are now words-of-the-overlay.')).toBeVisible();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page);

  const { context } = await must(daemon.client.call('getRun', { params: { id: run!.id } }));
  expect(context?.url).toBe(`${daemon.gateway}${app.route}?token=***`);
  expect(context?.screenshots).toHaveLength(1);
  expect(context?.viewport?.width).toBe(1280);

  const [preview] = await Promise.all([
    browser.context.waitForEvent('page'),
    overlay.getByRole('button', { name: /Open preview/ }).click(),
  ]);
  await preview.waitForURL(/^http/);
  const there = await press(preview);
  await expect(there.overlay.getByText('this preview')).toBeVisible();
  await expect(isArmed(there.overlay)).toBeVisible();
  await preview.close();
  await page.close();
});

test('an approval is a person’s press on what they saw: no script, no click through a cover', async () => {
  const elsewhere = await openOn(`${daemon.gateway}${app.route}`);
  const [first] = await runs('Say it better');
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
  const [covered] = await runs('Under a cover');
  await untilState(daemon, covered!.id, 'needs_approval');
  await expect(isArmed(overlay)).toBeVisible();
  const box = (await hidden.boundingBox())!;
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.evaluate(() => (globalThis as unknown as { cover(): void }).cover());
  await page.mouse.click(at.x, at.y);
  await expect(overlay.getByText(/That came too soon/)).toBeVisible();
  await expect(overlay.locator('[data-armed="false"]')).toBeVisible();
  for (const { id } of [first!, covered!]) {
    expect((await must(daemon.client.call('getRun', { params: { id } }))).run.state).toBe('needs_approval');
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
  expect((await must(daemon.client.call('getRun', { params: { id: covered!.id } }))).run.state).toBe('needs_approval');
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
  const [run] = await runs('Say it better');
  expect((await untilState(daemon, run!.id, 'canceled')).reason?.code).toBe('REJECTED');

  await prompt.focus();
  await page.keyboard.type('Take your time. SCENARIO=waits');
  await page.keyboard.press('Enter');
  await model.reached('never');
  await overlay.getByRole('button', { name: 'Cancel…' }).click();
  await expect(isArmed(overlay)).toBeVisible();
  await overlay.getByRole('button', { name: 'Cancel the run' }).click();
  await expect(overlay.getByText('Canceled', { exact: true })).toBeVisible();

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
  await expect.poll(async () => (await runs('two')).map((each) => each.prompt)).toEqual(['one\ntwo\nSCENARIO=waits']);
  await overlay.getByRole('button', { name: 'Cancel…' }).click();
  await expect(isArmed(overlay)).toBeVisible();
  await overlay.getByRole('button', { name: 'Cancel the run' }).click();
  await expect(overlay.getByText('Canceled', { exact: true })).toBeVisible();
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
  daemon = await start();
  await expect.poll(async () => (await runs('then kept')).length, { timeout: 60_000 }).toBe(1);
  await expect(overlay.getByText('Waiting', { exact: true })).toHaveCount(0, { timeout: 30_000 });
  expect((await runs('Taken back')).map((each) => each.prompt)).toEqual(['Taken back, then kept. SCENARIO=waits']);
  await page.close();
});

test('asked for with words alone, it goes on in place like any other', async () => {
  const { page, overlay, prompt } = await openOn(`${site.url}/plain`);
  await overlay.getByRole('button', { name: 'What is sent' }).click();
  await overlay.getByRole('switch', { name: 'This page' }).click();
  await prompt.focus();
  await page.keyboard.type('With words alone. SCENARIO=waits');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await runs('With words alone')).length).toBe(1);
  const [run] = await runs('With words alone');
  expect(run!.route).toBeUndefined();
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
  const [run] = await runs('Stopped by nobody');
  expect((await must(daemon.client.call('getRun', { params: { id: run!.id } }))).run.state).not.toBe('canceled');
  await page.evaluate(() => (globalThis as unknown as { uncover(): void }).uncover());
  await expect(isArmed(overlay)).toBeVisible();
  await stop.click();
  await untilState(daemon, run!.id, 'canceled');
  await page.close();
});
