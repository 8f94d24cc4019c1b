import { createServer } from 'node:http';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { WebSocketServer } from 'ws';
import { CLOSE } from '#shared/socket.ts';
import { detailOf, request, untilState } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { type ExtendedApp, openExtendedApp } from '../support/extended-app.ts';
import { tell } from '../support/extension-messages.ts';
import type { GeneratedApp } from '../support/generated-app.ts';
import { pressKey } from '../support/overlay.ts';
import { pairBrowser } from '../support/pairing.ts';
import { answer, patch, type Scenarios } from '../support/scripted-model.ts';

/** What the popup says when something stands in the way, and what there is to do. Each part goes on where the one before ended. */
test.describe.configure({ mode: 'serial' });

const MIGRATED = 'words-with-a-migration';
let live: ExtendedApp;
let { app, daemon, browser } = {} as ExtendedApp;
let shop: Page;

const script = (of: GeneratedApp): Scenarios => {
  const migration = `*** Begin Patch\n*** Add File: db/migrations/001-rows.sql\n+create table rows (id integer);\n*** Update File: ${of.file}\n@@\n-${of.words}\n+${MIGRATED}\n*** End Patch\n`;
  return {
    migrates: [patch(migration), answer({ summary: 'Adds a table.', files: ['db/migrations/001-rows.sql', of.file] })],
    plain: changeWords(of, of.words, 'words-without-one'),
  };
};

test.beforeAll(async () => {
  live = await openExtendedApp({ script });
  ({ app, daemon, browser } = live);
  shop = await browser.context.newPage();
  await shop.goto(`${daemon.gateway}${app.route}`);
});

test.afterAll(() => live?.end());

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
  const daemonId = await pairBrowser(browser, daemon);
  const popup = await browser.popup(shop);
  const run = await request(daemon, 'Add a table. SCENARIO=migrates', `${daemon.gateway}${app.route}`);
  await untilState(daemon, run.id, 'needs_approval');
  const approve = await openRun(popup, /Add a table/);
  await expect(popup.locator('[data-armed="true"]')).toBeVisible();
  await expect(popup.getByText('First tick that you have read the migration.')).toBeVisible();
  await approve.click({ force: true });
  // By the way that an approval would take: whatever the press sent is there before the answer.
  expect(await tell(popup, 'look', { daemonId, runId: run.id })).toMatchObject({ ok: true });
  expect((await detailOf(daemon, run.id)).approvals).toEqual([]);
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

test('who may only look is told which role it takes, for every act and in the overlay', async () => {
  const run = await request(daemon, 'Wait for a yes. SCENARIO=plain', `${daemon.gateway}${app.route}`);
  await untilState(daemon, run.id, 'needs_approval');
  const popup = await browser.popup(shop);
  const approve = await openRun(popup, /Wait for a yes/);
  // What stands open goes on under the pairing that takes the place of its own.
  const daemonId = await pairBrowser(browser, daemon, { user: 'eve', role: 'viewer' });
  await expect(popup.getByText('Your role (viewer) may not approve; it takes approver.')).toBeVisible();
  await approve.click({ force: true });
  for (const name of ['Revise…', 'Reject…', 'Cancel…']) {
    await expect(popup.getByRole('button', { name })).toHaveAttribute('aria-disabled', 'true');
  }
  // The popup only says it: the daemon is who refuses.
  const refused = await tell(popup, 'act', {
    daemonId,
    runId: run.id,
    act: 'approveRun',
    body: { headCommit: (await detailOf(daemon, run.id)).run.headCommit },
    key: 'asked-by-a-viewer',
  });
  expect(refused).toMatchObject({ ok: false, status: 403, code: 'forbidden' });
  expect((await detailOf(daemon, run.id)).run.state).toBe('needs_approval');
  await pressKey(shop);
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
  await new Promise<void>((done) => server.listen(live.ports.control, '127.0.0.1', done));
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

  daemon = await live.again();
  await popup.getByRole('button', { name: 'Try now' }).click();
  await expect(popup.getByText('The daemon and this extension are from different versions')).toHaveCount(0);
  await expect(popup.getByRole('link', { name: /Wait for a yes/ })).toBeVisible();
  await popup.close();
});
