import { BARE_DIALOG } from './pages.mjs';
import { arm, outcomeOf } from './probe.mjs';

/** @typedef {import('./browsers.mjs').BenchBrowser} BenchBrowser @typedef {import('./browsers.mjs').BackgroundStopper} BackgroundStopper */

export const OURS = 'codex-builder';

/**
 * @typedef {{ ms: number, presented: number | null }} Opening
 * @typedef {{ first: Opening[], second: Opening[], stopped: Opening[], bare: Opening[], woken: number }} Openings
 *   `bare`: an empty dialog that the page itself opens; `woken`: how often something woke the background before the key, which does not count
 */

/**
 * From Ctrl+K to the first frame with the dialog in it: in a page just loaded, in the same page again, and in a page just loaded
 * while the background is stopped. Beside each, so that the machine is in the same mood, a bare dialog in a browser without us.
 * @param {{ browser: BenchBrowser, stopper: BackgroundStopper, without: BenchBrowser, address: (of: number, tool?: string) => string, times: number }} parts
 * @returns {Promise<Openings>}
 */
export async function measureOpenings({ browser, stopper, without, address, times }) {
  /** @type {Openings} */
  const openings = { first: [], second: [], stopped: [], bare: [], woken: 0 };
  for (let time = 0; time < times; time += 1) {
    const page = await browser.context.newPage();
    await page.goto(address(2 * time));
    openings.first.push(await open(page, OURS));
    await page.keyboard.press('Escape');
    await page.waitForSelector(OURS, { state: 'detached' });
    openings.second.push(await open(page, OURS));
    await page.keyboard.press('Escape');
    await page.goto(address(2 * time + 1));
    await settle(page);
    await stopper.stop();
    const isStopped = stopper.isStopped();
    const opening = await open(page, OURS);
    if (isStopped) openings.stopped.push(opening);
    else openings.woken += 1;
    await page.close();
    const other = await without.context.newPage();
    await other.goto(address(time, BARE_DIALOG.name));
    openings.bare.push(await open(other, 'dialog'));
    await other.close();
  }
  return openings;
}

/** @param {import('@playwright/test').Page} page @param {string} tool */
async function open(page, tool) {
  await settle(page);
  await arm(page, tool);
  await page.keyboard.press('Control+k');
  const outcome = await outcomeOf(page);
  if (!outcome?.isOnTop) throw new Error('the dialog did not open above the page');
  return { ms: outcome.ms, presented: outcome.presented };
}

/** How the others are opened. Elements are what changes when they do. */
const PEER_KEYS = {
  'react-grab': { tool: '[data-react-grab], body > .ph-no-capture', keys: ['Control', 'c'], heldMs: 100 },
  stagewise: { tool: 'stagewise-companion-anchor', keys: ['Control', 'Alt', 'c'], heldMs: 0 },
};

/**
 * The same for another tool: from its key to the first frame it changed, in a page just loaded. Where it did not come there is no figure.
 * @param {{ browser: BenchBrowser, peer: string, address: (of: number) => string, times: number }} parts
 * @returns {Promise<number[]>}
 */
export async function measurePeer({ browser, peer, address, times }) {
  const found = Object.entries(PEER_KEYS).find(([name]) => name === peer)?.[1];
  if (!found) return [];
  const measured = [];
  for (let time = 0; time < times; time += 1) {
    const page = await browser.context.newPage();
    await page.goto(address(time));
    await page.waitForSelector(found.tool, { state: 'attached' });
    await page.mouse.move(300, 400);
    await settle(page);
    await arm(page, found.tool, found.heldMs);
    for (const key of found.keys) await page.keyboard.down(key);
    const outcome = await outcomeOf(page);
    if (outcome) measured.push(outcome.ms);
    for (const key of [...found.keys].reverse()) await page.keyboard.up(key);
    await page.close();
  }
  return measured;
}

/** Pages draw for a while after the load: the key is pressed when the page has been idle. @param {import('@playwright/test').Page} page */
const settle = (page) =>
  page.evaluate(async () => {
    for (let idle = 0; idle < 5; idle += 1) await new Promise((done) => requestIdleCallback(done, { timeout: 1_000 }));
  });
