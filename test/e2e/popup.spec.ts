import { expect, type Locator, type Page, test } from '@playwright/test';
import { flaws } from '../support/accessible.ts';
import { detailOf, findRuns, must, request, untilState } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { type ExtendedApp, openExtendedApp } from '../support/extended-app.ts';
import { readShelf, tabIdOf } from '../support/extension.ts';
import { badgeOn, clearNotifications, clickNotification, notificationsOf, tell } from '../support/extension-messages.ts';
import { pairFrom } from '../support/pairing.ts';
import { answer } from '../support/scripted-model.ts';

/** One person's afternoon: each part goes on where the one before ended. */
test.describe.configure({ mode: 'serial' });

let live: ExtendedApp;
let { app, model, daemon, browser } = {} as ExtendedApp;
let daemonId: string;
let shop: Page;

test.beforeAll(async () => {
  live = await openExtendedApp({
    script: (of) => ({
      held: changeWords(of, of.words, 'said-in-the-popup', 'edit'),
      turned: changeWords(of, 'said-in-the-popup', 'never-wanted'),
      nothing: [answer({ summary: 'There is nothing to do.' })],
    }),
  });
  ({ app, model, daemon, browser } = live);
  shop = await browser.context.newPage();
  await shop.goto(`${daemon.gateway}${app.route}?from=mail`);
});

test.afterAll(() => live?.end());

const route = () => `${daemon.gateway}${app.route}`;
/** What the daemon says of it to this person. */
const isUnread = async (id: string) => (await detailOf(daemon, id)).run.unread === true;
/** The runs that notifications are about. */
const about = (ids: readonly string[]) => ids.map((id) => id.split('/')[1]);
const group = (popup: Page, name: string) => popup.getByRole('region', { name });

test('the shelf on which an earlier version kept what was read is taken away, and nothing else is', async () => {
  const page = await browser.options();
  await page.goto(new URL('/manifest.json', page.url()).href);
  await browser.stopWorker();
  await page.evaluate(async () => {
    const done = (request: IDBOpenDBRequest) =>
      new Promise<IDBDatabase>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    await done(indexedDB.deleteDatabase('codex-builder'));
    const opening = indexedDB.open('codex-builder', 2);
    opening.onupgradeneeded = () => {
      const kept = { daemons: 'id', unsent: 'key', drafts: 'page', picked: 'origin', asked: 'run', reads: 'run', told: 'key' };
      for (const [store, keyPath] of Object.entries(kept)) opening.result.createObjectStore(store, { keyPath });
      opening.transaction!.objectStore('picked').put({ origin: 'http://somewhere.example', daemonId: 'dmn_1' });
    };
    (await done(opening)).close();
  });
  const popup = await browser.popup(0);
  await expect(popup.getByRole('heading', { name: 'Pair with your daemon' })).toBeVisible();
  const shelves = await page.evaluate(async () => {
    const opening = indexedDB.open('codex-builder');
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    const names = [...opening.result.objectStoreNames];
    opening.result.close();
    return names;
  });
  expect(shelves).toEqual(['asked', 'daemons', 'drafts', 'picked', 'told', 'unsent']);
  expect(await readShelf(page, 'picked')).toEqual([{ origin: 'http://somewhere.example', daemonId: 'dmn_1' }]);
  await readShelf(page, 'picked', 'clear');
  await popup.close();
  await page.close();
});
const boxOf = async (element: Locator) => (await element.boundingBox())!;

/** Where outlines are drawn: two pixels outside of what they are about. */
async function outlinesOn(page: Page): Promise<{ x: number; y: number; width: number; height: number }[]> {
  return page.locator('codex-builder-outlines').evaluate((host) =>
    [...host.shadowRoot!.querySelectorAll('[aria-hidden] > div')].map((box) => {
      const { x, y, width, height } = box.getBoundingClientRect();
      return { x, y, width, height };
    }),
  );
}

/** How many of the outlines are around this box. */
function around(box: { x: number; y: number; width: number }, outlines: readonly (typeof box)[]): number {
  const isNear = (a: number, b: number) => Math.abs(a - b) <= 1;
  return outlines.filter(({ x, y, width }) => isNear(x + 2, box.x) && isNear(y + 2, box.y) && isNear(width - 4, box.width)).length;
}

/** Puts an open shadow root and a frame of the same origin into the page. */
async function nest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const deep = document.body.appendChild(document.createElement('div'));
    deep.id = 'deep';
    deep.attachShadow({ mode: 'open' }).innerHTML = '<button>Deep</button>';
    const frame = document.createElement('iframe');
    frame.id = 'framed';
    frame.style.border = '3px solid';
    frame.srcdoc = '<p style="height:60px">above</p><button id="inner">Inner</button><p style="height:900px">below</p>';
    const loaded = new Promise((done) => frame.addEventListener('load', done));
    document.body.append(frame);
    await loaded;
  });
}

test('who is not paired is told how; once paired, an app without runs says so', async () => {
  const popup = await browser.popup(shop);
  await expect(popup.getByRole('heading', { name: 'Pair with your daemon' })).toBeVisible();
  daemonId = await pairFrom(popup, daemon);
  await expect(popup.getByRole('radio', { name: 'This page' })).toBeChecked();
  await expect(popup.getByText('No run is about this page yet.')).toBeVisible();
  await popup.close();
});

test('asked for, running, needs you, approved, live: each shown by itself, though the background is stopped in between', async () => {
  const popup = await browser.popup(shop);
  const worker = await browser.worker();
  const tabId = await tabIdOf(worker, shop);
  await nest(shop);
  const elements = [
    { selector: 'h1' },
    { selector: '#gone' },
    { selector: '#deep >>> button' },
    { selector: '#inner', frame: '#framed' },
    { selector: 'no ( selector' },
  ];
  const context = { url: route(), elements };
  const { run } = await must(daemon.client.call('createRun', { body: { prompt: 'Say it in the popup. SCENARIO=held', context } }));
  await model.reached('edit');
  await expect(group(popup, 'Running').getByRole('link', { name: /Say it in the popup/ })).toBeVisible();
  await expect.poll(() => badgeOn(worker, tabId)).toEqual({ text: '1', title: 'Codex Builder: 1 active run on this page' });

  await popup.keyboard.press('l');
  await expect(popup.getByText('3 elements are outlined on the page.')).toBeVisible();
  await expect(shop.getByText(/^Editing: Say it in the popup/)).toHaveCount(3);
  const inner = shop.frameLocator('#framed').locator('#inner');
  for (const outlined of [shop.locator('h1'), shop.getByRole('button', { name: 'Deep' }), inner]) {
    await expect.poll(async () => around(await boxOf(outlined), await outlinesOn(shop))).toBe(1);
  }
  await inner.evaluate((element) => element.ownerDocument.defaultView!.scrollTo(0, 40));
  await expect.poll(async () => around(await boxOf(inner), await outlinesOn(shop))).toBe(1);

  await browser.stopWorker();
  await popup.keyboard.press('l');
  await expect(shop.getByText(/^Editing: Say it in the popup/)).toHaveCount(0);
  model.release('edit');
  await expect(group(popup, 'Needs you').getByRole('link', { name: 'Unread: Say it in the popup' })).toBeVisible({ timeout: 60_000 });
  const again = await browser.worker();
  await expect.poll(() => badgeOn(again, tabId)).toEqual({ text: '1!', title: 'Codex Builder: 1 active run on this page, 1 needs you' });
  await expect.poll(() => notificationsOf(again)).toHaveLength(1);

  await popup.getByRole('link', { name: /Say it in the popup/ }).click();
  await expect(popup.getByText('The words are now said-in-the-popup.')).toBeVisible();
  await expect(popup.getByRole('listitem').filter({ hasText: app.file })).toContainText('+1 −1');
  await expect(popup.getByText(/^\d of \d checks passed$/)).toBeVisible();
  const approve = popup.getByRole('button', { name: /Approve and Merge/ });
  await expect(popup.locator('[data-armed="true"]')).toBeVisible();
  await approve.evaluate((button: HTMLButtonElement) => button.click());
  // By the way that an approval would take: whatever the script's click sent is there before the answer.
  const now = await tell(popup, 'call', { daemonId, door: 'getRun', params: { id: run.id } });
  expect(now).toMatchObject({ ok: true, body: { approvals: [], run: { state: 'needs_approval' } } });
  await approve.click();
  await expect(popup.getByText('Merged', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(popup.getByRole('button', { name: 'Revert…' })).toBeVisible();
  await expect.poll(() => badgeOn(again, tabId)).toEqual({ text: '', title: 'Codex Builder' });
  await expect.poll(() => notificationsOf(again)).toEqual([]);

  await popup.keyboard.press('Escape');
  await expect(group(popup, 'Done').getByRole('link', { name: /^Say it in the popup/ })).toBeVisible();
  await shop.reload();
  await expect(shop.getByRole('heading')).toHaveText('said-in-the-popup');
  await popup.close();
});

test('with the keyboard alone: a run is found, opened and rejected with a reason', async () => {
  const run = await request(daemon, 'Turn it around. SCENARIO=turned', route());
  await untilState(daemon, run.id, 'needs_approval');
  const popup = await browser.popup(shop);

  // Said once: a background that starts anew says what is new, and nothing again.
  await expect.poll(async () => about(await notificationsOf(await browser.worker()))).toEqual([run.id]);
  await clearNotifications(await browser.worker());
  await browser.stopWorker();
  const failed = await request(daemon, 'Do nothing at all. SCENARIO=nothing', route());
  await expect(group(popup, 'Failed').getByRole('link', { name: 'Unread: Do nothing at all' })).toBeVisible();
  await expect.poll(async () => about(await notificationsOf(await browser.worker()))).toEqual([failed.id]);

  await expect(group(popup, 'Needs you').getByRole('link', { name: /Turn it around/ })).toBeVisible();
  await popup.keyboard.press('j');
  await popup.keyboard.press('Enter');
  await expect(popup.getByRole('heading', { name: /Turn it around/ })).toBeFocused();
  await expect(popup.locator('[data-armed="true"]')).toBeVisible();
  await popup.keyboard.press('r');
  await expect(popup.getByLabel('Why is it rejected?')).toBeFocused();
  await popup.keyboard.type('It says the wrong thing.');
  await popup.keyboard.press('Tab');
  await popup.keyboard.press('Enter');
  await expect(popup.getByText('Rejected', { exact: true })).toBeVisible();
  const { run: ended } = await detailOf(daemon, run.id);
  expect(ended.reason).toMatchObject({ code: 'REJECTED', message: expect.stringContaining('It says the wrong thing.') });

  await popup.keyboard.press('Escape');
  await expect(popup.locator('.cb-selected')).toContainText('Turn it around');
  await expect.poll(() => isUnread(run.id)).toBe(false);
  await popup.keyboard.press('u');
  await expect(popup.getByRole('link', { name: 'Unread: Turn it around' })).toBeVisible();
  await expect.poll(() => isUnread(run.id)).toBe(true);
  await browser.stopWorker();
  await popup.reload();
  await expect(popup.getByRole('link', { name: 'Unread: Turn it around' })).toBeVisible();
  await popup.keyboard.press('?');
  await expect(popup.getByRole('dialog', { name: 'Keyboard' })).toContainText('Archive an ended run');
  await popup.keyboard.press('Escape');
  for (const key of ['j', 'j', 'e']) await popup.keyboard.press(key);
  await expect(popup.getByText(/^Archived “Turn it around/)).toBeVisible();
  await expect(popup.getByRole('link', { name: /Turn it around/ })).toHaveCount(0);
  await popup.getByRole('button', { name: 'Undo' }).click();
  await popup.getByRole('link', { name: /Turn it around/ }).click();
  await expect(popup.getByRole('heading', { name: /Turn it around/ })).toBeFocused();
  await popup.keyboard.press('e');
  await expect(popup.getByText(/^Archived “Turn it around/)).toBeVisible();
  await popup.getByRole('button', { name: 'Undo' }).click();
  await expect(popup.getByRole('link', { name: /Turn it around/ })).toBeVisible();
  await popup.close();
});

test('older runs come page by page; a notification opens the run it is about, once', async () => {
  for (let number = 1; number <= 34; number++) {
    const { id } = await request(daemon, `Old idea ${number}`, `${daemon.gateway}/elsewhere`);
    await must(daemon.client.call('cancelRun', { params: { id }, body: {} }));
  }
  const popup = await browser.popup(shop);
  await expect(group(popup, 'Done').getByRole('link', { name: /Say it in the popup/ })).toBeVisible();
  await expect(popup.getByRole('link', { name: /Old idea/ })).toHaveCount(0);
  await popup.keyboard.press('p');
  await expect(popup.getByRole('link', { name: 'Old idea 34' })).toBeVisible();
  await expect(popup.getByRole('link', { name: /Old idea/ })).toHaveCount(30);
  for (let step = 0; step < 32; step++) await popup.keyboard.press('j');
  await expect(popup.getByRole('link', { name: 'Old idea 1', exact: true })).toBeAttached();
  await expect(popup.getByRole('button', { name: 'Load older runs' })).toHaveCount(0);
  await popup.close();

  const [run] = await findRuns(daemon, 'Say it in the popup');
  const id = `${daemonId}/${run!.id}/merged//`;
  const [opened] = await Promise.all([browser.context.waitForEvent('page'), clickNotification(await browser.worker(), id)]);
  await opened.waitForURL(`${daemon.control}/codex/runs/${run!.id}`);
  await opened.close();
});

test('a page that keeps us out says so, and all runs are there all the same', async () => {
  const pages: [string, string][] = [
    ['chrome://version/', 'keeps extensions out of this page'],
    [`view-source:${daemon.gateway}/`, 'keeps extensions out of this page'],
    ['file:///usr/share/doc/', 'a file on your machine'],
  ];
  for (const [url, words] of pages) {
    const popup = await browser.popup(await browser.tab(url));
    await expect(popup.getByText(words, { exact: false })).toBeVisible();
    await expect(popup.getByRole('radio', { name: 'This page' })).toBeDisabled();
    await expect(popup.getByRole('link', { name: 'Old idea 34' })).toBeVisible();
    await popup.close();
  }
});

test('axe finds nothing, in light and dark', async () => {
  const popup = await browser.popup(shop);
  const options = await browser.options();
  const found: string[] = [];
  const look = async (page: Page, what: string) => {
    for (const flaw of await flaws(page)) found.push(`${what} ${flaw}`);
  };
  for (const colorScheme of ['light', 'dark'] as const) {
    await popup.emulateMedia({ colorScheme });
    await options.emulateMedia({ colorScheme });
    await expect(popup.getByRole('link', { name: /Say it in the popup/ })).toBeVisible();
    await look(popup, `list ${colorScheme}`);
    await popup.getByRole('link', { name: /Turn it around/ }).click();
    await expect(popup.getByRole('button', { name: 'Archive' })).toBeVisible();
    await popup.keyboard.press('v');
    await popup.getByLabel('What should be different?').fill('Other words');
    await look(popup, `revise ${colorScheme}`);
    await popup.keyboard.press('Escape');
    await popup.getByRole('button', { name: 'Inbox' }).click();
    await look(options, `options ${colorScheme}`);
  }
  expect(found).toEqual([]);
  await options.close();
  await popup.close();
});

test('while the daemon is away it says so and how to start it, keeps what was asked, and goes on by itself', async () => {
  const popup = await browser.popup(shop);
  await expect(popup.getByRole('link', { name: /Say it in the popup/ })).toBeVisible();
  await daemon.kill();
  await expect(popup.getByText('The daemon is not running')).toBeVisible();
  await expect(popup.getByText('npm start')).toBeVisible();
  for (const prompt of ['Keep this for later', 'Think better of this']) {
    await tell(popup, 'submit', {
      daemonId,
      key: `popup-${prompt.length}-key`,
      request: { prompt, context: { url: route() } },
      pictures: [],
    });
  }
  await expect(popup.getByRole('heading', { name: 'Waiting to be sent' })).toBeVisible();
  await popup.getByRole('listitem').filter({ hasText: 'Think better of this' }).getByRole('button', { name: 'Take back' }).click();
  await expect(popup.getByText('Taken back. It was not sent.')).toBeVisible();
  await popup.getByRole('link', { name: /Turn it around/ }).click();
  await expect(popup.getByText('What you see is how it stood before.')).toBeVisible();
  await popup.keyboard.press('Escape');
  await popup.keyboard.press('u');
  await expect(popup.getByText('The mark was not kept, because the daemon did not answer.')).toBeVisible();
  await expect(popup.getByRole('link', { name: 'Turn it around', exact: false })).not.toHaveAccessibleName(/Unread/);

  daemon = await live.again();
  await expect(popup.getByText('The daemon is not running')).toHaveCount(0);
  await expect(popup.getByRole('link', { name: /Keep this for later/ })).toBeVisible();
  await expect(popup.getByRole('button', { name: 'Take back' })).toHaveCount(0);
  await expect(popup.locator('.in-place')).toContainText('Think better of this');
  expect(await findRuns(daemon, 'Think better of this')).toEqual([]);
  await expect(popup.getByText('The mark was not kept')).toHaveCount(0);
  await popup.close();
});

test('revoked, it says so and asks for a new code', async () => {
  const popup = await browser.popup(shop);
  await expect(popup.getByRole('link', { name: /Keep this for later/ })).toBeVisible();
  const { devices } = await must(daemon.client.call('listDevices', {}));
  const id = devices.find(({ kind }) => kind === 'extension')!.id;
  await tell(popup, 'call', { daemonId, door: 'revokeDevice', params: { id }, body: {}, key: 'revoke-this-browser' });
  await expect(popup.getByText('This browser was revoked')).toBeVisible();
  await expect(popup.getByRole('button', { name: 'Pair again…' })).toBeVisible();
  await popup.close();
});
