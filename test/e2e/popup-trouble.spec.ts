import { createServer } from 'node:http';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { WebSocketServer } from 'ws';
import { CLOSE } from '#shared/socket.ts';
import {
  type DaemonProcess,
  endEverything,
  freePort,
  must,
  request,
  startDaemon,
  stateFolder,
  untilReleases,
  untilState,
} from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { type ExtendedBrowser, openExtendedBrowser, profileFolder, removeProfile } from '../support/extension.ts';
import { tell } from '../support/extension-messages.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';
import { answer, patch, type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';

/** What the popup says when something stands in the way, and what there is to do. Each part goes on where the one before ended. */
test.describe.configure({ mode: 'serial' });

const MIGRATED = 'words-with-a-migration';
let app: GeneratedApp;
let model: ScriptedModel;
let daemon: DaemonProcess;
let state: string;
let ports: { control: number; gateway: number };
let profile: string;
let browser: ExtendedBrowser;
let shop: Page;

const start = () => startDaemon({ repo: app.repo, state, ports, env: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl } });

test.beforeAll(async () => {
  app = generateApp();
  const migration = `*** Begin Patch\n*** Add File: db/migrations/001-rows.sql\n+create table rows (id integer);\n*** Update File: ${app.file}\n@@\n-${app.words}\n+${MIGRATED}\n*** End Patch\n`;
  model = await startScriptedModel({
    migrates: [patch(migration), answer({ summary: 'Adds a table.', files: ['db/migrations/001-rows.sql', app.file] })],
    plain: changeWords(app, app.words, 'words-without-one'),
  });
  state = stateFolder();
  ports = { control: await freePort(), gateway: await freePort() };
  daemon = await start();
  await untilReleases(daemon, (releases) => releases[0]?.state === 'live');
  profile = profileFolder();
  browser = await openExtendedBrowser(profile);
  shop = await browser.context.newPage();
  await shop.goto(`${daemon.gateway}${app.route}`);
});

test.afterAll(async () => {
  await browser?.close();
  if (profile) removeProfile(profile);
  await endEverything(state, app.repo);
  await model.close();
});

/** Pairs as this role; what was paired before at this address is replaced. */
async function pairAs(popup: Page, role: 'admin' | 'viewer'): Promise<void> {
  const { code } = await must(daemon.client.call('createPairCode', { body: role === 'admin' ? {} : { user: 'eve', role } }));
  expect(await tell(popup, 'pair', { address: daemon.control, code, name: 'Laptop' })).toMatchObject({ end: 'paired' });
}

/** The run's own part of the popup, armed. */
async function openRun(popup: Page, title: RegExp): Promise<Locator> {
  await popup.getByRole('link', { name: title }).click();
  await expect(popup.getByRole('heading', { name: title })).toBeVisible();
  return popup.getByRole('button', { name: /Approve and Merge/ });
}

/** What a visitor reads. */
async function wordsNow(): Promise<string | null> {
  await shop.reload();
  return shop.getByRole('heading').textContent();
}

test('a run with a migration is approved only once that was ticked; rolled back from the popup, the words before it are live', async () => {
  const popup = await browser.popup(shop);
  await pairAs(popup, 'admin');
  const run = await request(daemon, 'Add a table. SCENARIO=migrates', `${daemon.gateway}${app.route}`);
  await untilState(daemon, run.id, 'needs_approval');
  const approve = await openRun(popup, /Add a table/);
  await expect(popup.locator('[data-armed="true"]')).toBeVisible();
  await expect(popup.getByText('First tick that you have read the migration.')).toBeVisible();
  await approve.click({ force: true });
  // By the way that an approval would take: whatever the press sent is there before the answer.
  expect(await tell(popup, 'look', { daemonId: await daemonId(popup), runId: run.id })).toMatchObject({ ok: true });
  expect((await must(daemon.client.call('getRun', { params: { id: run.id } }))).approvals).toEqual([]);
  await popup.getByRole('checkbox', { name: 'I have read the migration' }).check();
  await expect(popup.getByText('First tick that you have read the migration.')).toHaveCount(0);
  await expect(popup.locator('[data-armed="true"]')).toBeVisible();
  await approve.click();
  await expect(popup.getByText('Merged', { exact: true })).toBeVisible({ timeout: 60_000 });
  expect(await wordsNow()).toBe(MIGRATED);

  await popup.getByRole('button', { name: 'Roll back…' }).click();
  await expect(popup.getByText(/Migrations are not undone/)).toBeVisible();
  await popup.getByRole('button', { name: 'Leave it as it is' }).click();
  expect(await wordsNow()).toBe(MIGRATED);
  await popup.getByRole('button', { name: 'Roll back…' }).click();
  await popup.getByRole('button', { name: 'Roll back now' }).click();
  await expect(popup.getByText(/^Rolling back to/)).toBeVisible();
  await expect.poll(wordsNow).toBe(app.words);
  await expect.poll(async () => app.git('show', `main:${app.file}`)).toBe(app.words);
  await popup.close();
});

async function daemonId(popup: Page): Promise<string> {
  const { daemonId: id } = await tell(popup, 'sight', { url: shop.url() });
  return id ?? '';
}

test('who may only look is told which role it takes, for every act and in the overlay', async () => {
  const run = await request(daemon, 'Wait for a yes. SCENARIO=plain', `${daemon.gateway}${app.route}`);
  await untilState(daemon, run.id, 'needs_approval');
  const popup = await browser.popup(shop);
  await pairAs(popup, 'viewer');
  const approve = await openRun(popup, /Wait for a yes/);
  await expect(popup.getByText('Your role (viewer) may not approve; it takes approver.')).toBeVisible();
  await approve.click({ force: true });
  for (const name of ['Revise…', 'Reject…', 'Cancel…']) {
    await expect(popup.getByRole('button', { name })).toHaveAttribute('aria-disabled', 'true');
  }
  // The popup only says it: the daemon is who refuses.
  const refused = await tell(popup, 'act', {
    daemonId: await daemonId(popup),
    runId: run.id,
    act: 'approveRun',
    body: { headCommit: (await must(daemon.client.call('getRun', { params: { id: run.id } }))).run.headCommit },
    key: 'asked-by-a-viewer',
  });
  expect(refused).toMatchObject({ ok: false, status: 403, code: 'forbidden' });
  expect((await must(daemon.client.call('getRun', { params: { id: run.id } }))).run.state).toBe('needs_approval');
  await shop.bringToFront();
  await shop.keyboard.press('Control+k');
  await expect(shop.getByRole('button', { name: 'Send' })).toHaveAttribute('title', 'Your role (viewer) may look, not ask for changes.');
  await shop.keyboard.press('Escape');
  await popup.close();
});

/** Listens where the daemon was: it answers each greeting as told, and keeps what it was told itself. */
async function listenInstead(greet: (send: (text: string) => void, close: (code: number) => void) => void) {
  const heard: string[] = [];
  const server = createServer((_request, response) => response.end('{}'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      heard.push(JSON.parse(String(data)).type);
      if (heard.at(-1) === 'hello') {
        greet(
          (text) => socket.send(text),
          (code) => socket.close(code, 'no'),
        );
      }
    });
  });
  await new Promise<void>((done) => server.listen(ports.control, '127.0.0.1', done));
  return {
    heard,
    async close() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

test('something else on the daemon’s port is not trusted, is told nothing, and is named; a daemon of another version too', async () => {
  const popup = await browser.popup(shop);
  await expect(popup.getByRole('link', { name: /Wait for a yes/ })).toBeVisible();
  await daemon.kill();
  const impostor = await listenInstead((send) =>
    send(JSON.stringify({ v: 1, type: 'challenge', ns: 'ab'.repeat(32), mac: 'cd'.repeat(32) })),
  );
  await expect(popup.getByText('Something else is listening on this port')).toBeVisible();
  await expect(popup.getByText(/could not prove that it is your daemon, so nothing was sent to it/)).toBeVisible();
  await expect(popup.getByText('npm start')).toBeVisible();
  await popup.getByRole('button', { name: 'Try now' }).click();
  await expect.poll(() => impostor.heard.length).toBeGreaterThan(1);
  expect(new Set(impostor.heard)).toEqual(new Set(['hello']));
  await impostor.close();

  const other = await listenInstead((_send, close) => close(CLOSE.version));
  await popup.getByRole('button', { name: 'Try now' }).click();
  await expect(popup.getByText('The daemon and this extension are from different versions')).toBeVisible();
  await expect(popup.getByText('npm run build')).toBeVisible();
  await other.close();

  daemon = await start();
  await popup.getByRole('button', { name: 'Try now' }).click();
  await expect(popup.getByText('The daemon and this extension are from different versions')).toHaveCount(0);
  await expect(popup.getByRole('link', { name: /Wait for a yes/ })).toBeVisible();
  await popup.close();
});
