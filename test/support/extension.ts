import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BrowserContext, chromium, type Page, type Worker } from '@playwright/test';
import { buildExtension } from '../../scripts/build-extension.mjs';
import type { Chrome } from './chrome-api.ts';
import { CHROMIUM_FLAGS, findChromium } from './chromium.ts';

declare const chrome: Chrome;

const ROOT = resolve(import.meta.dirname, '../..');

/** From the key in `extension/wxt.config.ts`. */
export const EXTENSION_ID = 'fcgoimbcnagifncdheimdlfkaobolmdi';
const EXTENSION_ORIGIN = `chrome-extension://${EXTENSION_ID}`;

/** A browser with the built extension in it, as a person has one. */
export interface ExtendedBrowser {
  readonly context: BrowserContext;
  /** The background as it runs now. */
  worker(): Promise<Worker>;
  /** Opens the options as a tab. */
  options(): Promise<Page>;
  /** Opens the run inbox about a page, in a window of the popup's size. */
  popup(about: Page | number): Promise<Page>;
  /** A tab at any address, also one where the browser keeps extensions out; answers its number. */
  tab(url: string): Promise<number>;
  /** Stops the background as the browser does when it is idle. */
  stopWorker(): Promise<void>;
  /** Ends the browser and starts it again, for the same person. */
  restart(): Promise<void>;
  /** Ends the browser; nothing is kept of the person. */
  close(): Promise<void>;
}

/** A Chromium of one person, until it is closed. */
async function launch(options: { args: readonly string[]; ignoreDefaultArgs?: string[] }) {
  const profile = mkdtempSync('/var/tmp/cb-profile-');
  const forget = () => rmSync(profile, { recursive: true, force: true });
  const start = () =>
    chromium.launchPersistentContext(join(profile, 'chromium'), {
      ...options,
      executablePath: findChromium(),
      // Playwright's own headless mode is another program, without extensions.
      headless: false,
      args: [...CHROMIUM_FLAGS, '--headless=new', ...options.args],
      viewport: { width: 1280, height: 800 },
    });
  try {
    return { context: await start(), start, forget };
  } catch (error) {
    forget();
    throw error;
  }
}

/** Starts Chromium with the extension, `debug` with open shadow roots unless told otherwise. */
export async function openExtendedBrowser(kind: 'release' | 'debug' = 'debug'): Promise<ExtendedBrowser> {
  const built = (await buildExtension(ROOT, kind)).chrome;
  const own = await launch({ args: [`--disable-extensions-except=${built}`, `--load-extension=${built}`] });
  let { context } = own;
  const worker = async () => context.serviceWorkers()[0] ?? context.waitForEvent('serviceworker');
  await worker();
  let stopper: Page | undefined;
  return {
    get context() {
      return context;
    },
    worker,
    async options() {
      const page = await context.newPage();
      await page.goto(`${EXTENSION_ORIGIN}/options.html`);
      return page;
    },
    async popup(about) {
      const page = await context.newPage();
      await page.setViewportSize({ width: 440, height: 580 });
      await page.goto(`${EXTENSION_ORIGIN}/popup.html?tab=${typeof about === 'number' ? about : await tabIdOf(await worker(), about)}`);
      return page;
    },
    async tab(url) {
      const background = await worker();
      return background.evaluate(async (wanted) => (await chrome.tabs.create({ url: wanted, active: false })).id, url);
    },
    async stopWorker() {
      // A page of the extension that says nothing to it, and stays open: opening or closing a tab would wake it again.
      stopper ??= await context.newPage();
      await stopper.goto(`${EXTENSION_ORIGIN}/manifest.json`);
      const session = await context.newCDPSession(stopper);
      await session.send('ServiceWorker.enable');
      await session.send('ServiceWorker.stopAllWorkers');
      await session.detach();
    },
    async restart() {
      await context.close();
      context = await own.start();
      stopper = undefined;
      await worker();
    },
    async close() {
      await context.close();
      own.forget();
    },
  };
}

/** Counts how often the background is started from now on; one that the alarm would wake is left to sleep. */
export async function countStarts(browser: ExtendedBrowser): Promise<() => number> {
  await (await browser.worker()).evaluate(() => chrome.alarms.clearAll());
  await browser.stopWorker();
  const page = await browser.context.newPage();
  await page.goto(`${EXTENSION_ORIGIN}/manifest.json`);
  const session = await browser.context.newCDPSession(page);
  let starts = 0;
  let was = 'stopped';
  session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
    const now = versions.at(-1)?.runningStatus ?? was;
    if (now === 'starting' || (now === 'running' && was === 'stopped')) starts += now === was ? 0 : 1;
    was = now;
  });
  await session.send('ServiceWorker.enable');
  await browser.stopWorker();
  starts = 0;
  return () => starts;
}

/** A browser without the extension, until it is installed. */
export async function openBareBrowser(): Promise<{ context: BrowserContext; install(): Promise<Worker>; close(): Promise<void> }> {
  const { chrome: path } = await buildExtension(ROOT, 'debug');
  const { context, forget } = await launch({
    args: ['--enable-unsafe-extension-debugging'],
    ignoreDefaultArgs: ['--disable-extensions'],
  });
  return {
    context,
    async install() {
      const background = context.waitForEvent('serviceworker');
      const session = await context.browser()!.newBrowserCDPSession();
      // Playwright's own list does not know this call.
      await (session as unknown as { send(call: string, what: object): Promise<unknown> }).send('Extensions.loadUnpacked', { path });
      return background;
    },
    async close() {
      await context.close();
      forget();
    },
  };
}

/** Loads the extension anew as an update does: the browser tells it of one, and what it left in open pages is an orphan. */
export async function reloadExtension({ context, worker }: ExtendedBrowser): Promise<Worker> {
  const settings = await context.newPage();
  await settings.goto('chrome://extensions/');
  // Else the browser loads no unpacked extension a second time.
  await settings.evaluate(() => chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true }));
  await settings.close();
  const next = context.waitForEvent('serviceworker');
  await (await worker()).evaluate(() => chrome.runtime.reload());
  return next;
}

/** Turns the extension off, as a person does in the list of extensions. */
export async function turnOff({ context }: ExtendedBrowser): Promise<void> {
  const settings = await context.newPage();
  await settings.goto('chrome://extensions/');
  await settings.evaluate((id) => chrome.management.setEnabled(id, false), EXTENSION_ID);
  await settings.close();
}

/** The browser's number of the tab that this page is in. */
export async function tabIdOf(worker: Worker, page: Page): Promise<number> {
  const url = page.url();
  const ids = await worker.evaluate(
    async (wanted) => (await chrome.tabs.query({})).filter((tab) => tab.url === wanted).map(({ id }) => id),
    url,
  );
  if (ids.length !== 1) throw new Error(`${ids.length} tabs show ${url}`);
  return ids[0]!;
}

/**
 * What lies on a shelf of the extension, read from one of its own pages or its background; `clear` takes all of it off.
 * Before the background has made its shelves there is nothing, and reading does not make an empty database in its place.
 */
export function readShelf<T>(from: Page | Worker, shelf: string, then: 'keep' | 'clear' = 'keep'): Promise<T[]> {
  const read = ({ name, clear }: { name: string; clear: boolean }) =>
    new Promise<unknown[]>((done, fail) => {
      const opening = indexedDB.open('codex-builder');
      let absent = false;
      opening.onupgradeneeded = () => {
        absent = true;
        opening.transaction!.abort();
      };
      opening.onerror = () => (absent ? done([]) : fail(opening.error));
      opening.onsuccess = () => {
        const transaction = opening.result.transaction(name, clear ? 'readwrite' : 'readonly');
        const reading = transaction.objectStore(name).getAll();
        if (clear) transaction.objectStore(name).clear();
        transaction.oncomplete = () => {
          opening.result.close();
          done(reading.result);
        };
        transaction.onabort = () => fail(transaction.error);
      };
    });
  const asked = { name: shelf, clear: then === 'clear' };
  return ('goto' in from ? from.evaluate(read, asked) : from.evaluate(read, asked)) as Promise<T[]>;
}
