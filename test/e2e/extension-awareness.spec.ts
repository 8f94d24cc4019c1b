import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
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
import { countStarts, type ExtendedBrowser, openExtendedBrowser, profileFolder, removeProfile } from '../support/extension.ts';
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

test.beforeAll(async () => {
  app = generateApp();
  site = await serveHostilePages();
  model = await startScriptedModel([{ hold: 'hold', ...answer() }]);
  state = stateFolder();
  const ports = { control: await freePort(), gateway: await freePort() };
  daemon = await startDaemon({ repo: app.repo, state, ports, env: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl } });
  await untilReleases(daemon, (releases) => releases[0]?.state === 'live');
  profile = profileFolder();
  browser = await openExtendedBrowser(profile);
});

test.afterAll(async () => {
  await browser?.close();
  removeProfile(profile);
  site?.close();
  await endEverything(state, app.repo);
  await model.close();
});

/** What the toolbar button says about a page. */
async function badge(page: Page): Promise<string> {
  const worker = await browser.worker();
  return worker.evaluate(async (url) => {
    const { tabs, action } = (globalThis as unknown as { chrome: Chrome }).chrome;
    const tab = (await tabs.query({})).find((each) => each.url === url);
    return tab === undefined ? 'no such tab' : action.getBadgeText({ tabId: tab.id });
  }, page.url());
}
interface Chrome {
  tabs: { query(what: object): Promise<{ id: number; url: string }[]> };
  action: { getBadgeText(what: { tabId: number }): Promise<string> };
  notifications: { getAll(): Promise<Record<string, true>>; onClicked: { dispatch(id: string): void } };
}

test('the options are accessible in light and dark, before pairing and after', async () => {
  const options = await browser.options();
  const scan = async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await options.emulateMedia({ colorScheme });
      const { violations, incomplete } = await new AxeBuilder({ page: options }).analyze();
      expect([...violations, ...incomplete].map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    }
  };
  await scan();
  await options.getByLabel(/Address of the daemon/).fill('127.0.0.1:1');
  await options.getByLabel('One-time code').fill('AAAA-AAAA');
  await options.getByRole('button', { name: 'Pair this browser' }).click();
  await expect(options.getByRole('alert')).toBeVisible();
  await scan();
  const { url } = await must(daemon.client.call('createPairCode', { body: {} }));
  await options.getByLabel('One-time code').fill('');
  await options.getByLabel(/Address of the daemon/).fill(url);
  await options.getByRole('button', { name: 'Pair this browser' }).click();
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
  expect(await badge(page)).toBe('');
  const { run } = await must(
    daemon.client.call('createRun', { body: { prompt: 'Do nothing', context: { url: `${page.url()}?from=badge` } } }),
  );
  await expect.poll(() => badge(page)).toBe('1');
  const elsewhere = await browser.context.newPage();
  await elsewhere.goto(new URL('/elsewhere', daemon.gateway).href);
  await elsewhere.bringToFront();
  expect(await badge(elsewhere)).toBe('');
  // An app that moves on without a load, and back: that too wakes a background that sleeps.
  const starts = await countStarts(browser);
  await elsewhere.bringToFront();
  await elsewhere.evaluate((path) => history.pushState(null, '', path), app.route);
  await expect.poll(starts).toBe(1);
  await expect.poll(() => badge(elsewhere)).toBe('1');
  await elsewhere.goBack();
  await expect.poll(() => badge(elsewhere)).toBe('');

  await page.bringToFront();
  model.release('hold');
  await untilState(daemon, run.id, 'failed');
  await expect.poll(() => badge(page)).toBe('');
  const worker = await browser.worker();
  const notifications = () => worker.evaluate(() => (globalThis as unknown as { chrome: Chrome }).chrome.notifications.getAll());
  await expect.poll(async () => Object.keys(await notifications()).map((id) => id.split('/')[1])).toEqual([run.id]);
  const opened = browser.context.waitForEvent('page');
  await worker.evaluate(
    (id) => (globalThis as unknown as { chrome: Chrome }).chrome.notifications.onClicked.dispatch(id),
    Object.keys(await notifications())[0]!,
  );
  await (await opened).waitForURL(`${daemon.control}/codex/runs/${run.id}`);
});
