import { expect, type Locator, type Page, test } from '@playwright/test';
import { type DaemonProcess, endEverything, freePort, must, startDaemon, stateFolder, untilReleases } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { type ExtendedBrowser, openExtendedBrowser, pairBrowser, profileFolder, removeProfile } from '../support/extension.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';

let app: GeneratedApp;
let model: ScriptedModel;
let daemon: DaemonProcess;
let state: string;
let profile: string;
let browser: ExtendedBrowser;
let ports: { control: number; gateway: number };

const start = () => startDaemon({ repo: app.repo, state, ports, env: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl } });

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  app = generateApp();
  model = await startScriptedModel({ overlay: changeWords(app, app.words, 'words-from-the-overlay', 'think') });
  state = stateFolder();
  ports = { control: await freePort(), gateway: await freePort() };
  daemon = await start();
  await untilReleases(daemon, (releases) => releases[0]?.state === 'live');
  profile = profileFolder();
  browser = await openExtendedBrowser(profile);
  await pairBrowser(browser, daemon.control, (await must(daemon.client.call('createPairCode', { body: {} }))).code);
});

test.afterAll(async () => {
  await browser?.close();
  removeProfile(profile);
  await endEverything(state, app.repo);
  await model.close();
});

async function openOn(url: string): Promise<{ page: Page; overlay: Locator; prompt: Locator }> {
  const page = await browser.context.newPage();
  await page.goto(url);
  await page.keyboard.press('Control+k');
  const overlay = page.getByRole('dialog', { name: 'Codex Builder' });
  await expect(overlay).toBeVisible();
  return { page, overlay, prompt: overlay.getByLabel('What should change on this page?') };
}

test('a request goes from the overlay to its preview and is approved where it was asked for', async () => {
  const { page, overlay, prompt } = await openOn(`${daemon.gateway}${app.route}?token=not-for-anyone`);
  await expect(overlay.getByText(/^To /)).toBeVisible();
  await page.keyboard.type('Say it better. SCENARIO=overlay');
  await page.keyboard.press('Enter');
  await expect(prompt).toHaveValue('');
  await model.reached('think');
  await expect(overlay.getByText('Editing', { exact: true })).toBeVisible();
  await page.screenshot({ path: '/tmp/overlay/editing.png' });
  model.release('think');
  const approve = overlay.getByRole('button', { name: /Approve and Merge/ });
  await expect(approve).toBeVisible({ timeout: 60_000 });
  await expect(overlay.getByText(app.file)).toBeVisible();
  await expect(overlay.getByText('The words are now words-from-the-overlay.')).toBeVisible();
  await expect(overlay.locator('[data-armed="true"]')).toBeVisible();
  await page.screenshot({ path: '/tmp/overlay/approve.png' });
});
