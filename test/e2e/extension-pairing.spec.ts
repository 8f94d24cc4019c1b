import { expect, type Page, test } from '@playwright/test';
import { type DaemonProcess, endEverything, freePort, must, startDaemon, stateFolder, untilReleases } from '../support/daemon-process.ts';
import { type ExtendedBrowser, openExtendedBrowser, profileFolder, removeProfile } from '../support/extension.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';

let app: GeneratedApp;
let daemon: DaemonProcess;
let state: string;
let profile: string;
let browser: ExtendedBrowser;

test.beforeAll(async () => {
  app = generateApp();
  state = stateFolder();
  const ports = { control: await freePort(), gateway: await freePort() };
  daemon = await startDaemon({ repo: app.repo, state, ports });
  await untilReleases(daemon, (releases) => releases[0]?.state === 'live');
  profile = profileFolder();
  browser = await openExtendedBrowser(profile);
});

test.afterAll(async () => {
  await browser?.close();
  removeProfile(profile);
  await endEverything(state, app.repo);
});

async function pairCode(): Promise<{ code: string; url: string }> {
  return must(daemon.client.call('createPairCode', { body: {} }));
}

async function pair(options: Page, address: string, code: string): Promise<void> {
  await options.getByLabel(/Address of the daemon/).fill(address);
  await options.getByLabel('One-time code').fill(code);
  await options.getByRole('button', { name: 'Pair this browser' }).click();
}

test('a code pairs the browser, which the daemon then lists by its name', async () => {
  const options = await browser.options();
  await options.getByLabel(/Name of this browser/).fill('Laptop of Ann');
  await pair(options, daemon.control, (await pairCode()).code);
  await expect(options.getByText('Connected', { exact: true })).toBeVisible();
  const { devices } = await must(daemon.client.call('listDevices', {}));
  expect(devices.filter(({ kind }) => kind === 'extension').map(({ name }) => name)).toEqual(['Laptop of Ann']);
});
