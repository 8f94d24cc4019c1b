import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { tsImport } from 'tsx/esm/api';
import { installProbe } from './probe.mjs';

/** Nothing beyond this machine is asked, so that no other network is measured. */
const ALONE = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1';

/**
 * A Chromium of its own, headless, with an extension in it or with none, and with the probe in every page.
 * @typedef {{ context: import('@playwright/test').BrowserContext, close(): Promise<void> }} BenchBrowser
 * @param {string} [extension] the folder it is loaded from
 * @returns {Promise<BenchBrowser>}
 */
export async function openBrowser(extension) {
  /** @type {typeof import('../../../test/support/chromium.ts')} */
  const { CHROMIUM_FLAGS, findChromium } = await tsImport('../../../test/support/chromium.ts', import.meta.url);
  const profile = mkdtempSync(join(tmpdir(), 'codex-builder-bench-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    // Playwright's own headless mode is another program, without extensions.
    headless: false,
    args: [
      ...CHROMIUM_FLAGS,
      '--headless=new',
      ALONE,
      ...(extension === undefined ? [] : [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`]),
    ],
    viewport: { width: 1280, height: 800 },
  });
  await context.addInitScript(installProbe);
  const forget = () => rmSync(profile, { recursive: true, force: true });
  // Ctrl-C ends the browser and us; nothing stays behind then either.
  process.once('exit', forget);
  return {
    context,
    async close() {
      await context.close();
      process.off('exit', forget);
      forget();
    },
  };
}

/**
 * An extension that does nothing in every frame, as ours does something in every frame: what Chromium asks for any extension.
 * @param {string} folder where it is written
 * @returns {string} the folder
 */
export function writeEmptyExtension(folder) {
  mkdirSync(folder, { recursive: true });
  const content = { matches: ['<all_urls>'], js: ['empty.js'], run_at: 'document_start', all_frames: true };
  const manifest = { manifest_version: 3, name: 'Empty', version: '1', content_scripts: [content] };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'empty.js'), ';');
  return folder;
}

/**
 * Stops the extension's background as the browser does when it is idle, and tells whether it is stopped.
 * @typedef {{ stop(): Promise<void>, isStopped(): boolean }} BackgroundStopper
 * @param {BenchBrowser} browser
 * @returns {Promise<BackgroundStopper>}
 */
export async function openStopper({ context }) {
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  // A page of the extension that says nothing to it, and stays open: opening or closing a tab would wake it again.
  const page = await context.newPage();
  await page.goto(new URL('/manifest.json', worker.url()).href);
  const session = await context.newCDPSession(page);
  let status = '';
  session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
    status = versions.at(-1)?.runningStatus ?? status;
  });
  await session.send('ServiceWorker.enable');
  return {
    async stop() {
      await session.send('ServiceWorker.stopAllWorkers');
      // The answer to a later question comes after the news of the stop.
      for (let asked = 0; asked < 50 && status !== 'stopped'; asked += 1) await page.evaluate(() => undefined);
    },
    isStopped: () => status === 'stopped',
  };
}
