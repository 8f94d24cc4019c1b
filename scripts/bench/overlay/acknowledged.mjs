import { tsImport } from 'tsx/esm/api';
import { OURS } from './key-to-painted.mjs';

/** What the agent is told never to be done with, so that no run's own work is measured beside the next request. */
const UNDONE = { default: [{ hold: 'never' }] };

/**
 * From the Enter that sends a request to the moment its run stands in the overlay: by then the request was kept in the browser, is in
 * the ledger, and the daemon said so. A real daemon on an app of its own; the build whose shadow root can be looked into.
 * @param {number} times
 * @returns {Promise<number[]>} milliseconds
 */
export async function measureAcknowledged(times) {
  const { openExtendedApp, pairBrowser } = await support();
  const { daemon, browser, end } = await openExtendedApp({ script: () => UNDONE });
  try {
    await pairBrowser(browser, daemon);
    const measured = [];
    // The first warms what every later one has warm and does not count.
    for (let time = -1; time < times; time += 1) {
      const page = await browser.context.newPage();
      await page.addInitScript(noteEnter);
      await page.goto(daemon.gateway);
      const ms = await sendFrom(page, `Make it number ${time + 1} of all`);
      if (time >= 0) measured.push(ms);
      await page.close();
    }
    return measured;
  } finally {
    await end();
  }
}

/** @param {import('@playwright/test').Page} page @param {string} prompt */
async function sendFrom(page, prompt) {
  await page.keyboard.press('Control+k');
  const overlay = page.getByRole('dialog', { name: 'Codex Builder' });
  await overlay.getByText(/^To /).waitFor();
  await page.keyboard.type(prompt);
  const seen = page.evaluate(whenListed, { host: OURS, prompt });
  await page.keyboard.press('Enter');
  return seen;
}

/** Put into the page before anything else of it, which never hears the key. */
function noteEnter() {
  addEventListener('keydown', (event) => event.key === 'Enter' && Object.assign(window, { enteredAt: event.timeStamp }), { capture: true });
}

/** @param {{ host: string, prompt: string }} what @returns {Promise<number>} */
function whenListed({ host, prompt }) {
  return new Promise((done) => {
    const shadow = document.querySelector(host)?.shadowRoot;
    if (!shadow) throw new Error('the overlay is not open, or its root is closed');
    const watching = new MutationObserver(() => {
      const isThere = [...shadow.querySelectorAll('article[data-run]')].some((run) => run.textContent?.includes(prompt));
      if (!isThere) return;
      watching.disconnect();
      done(performance.now() - /** @type {Window & { enteredAt: number }} */ (/** @type {unknown} */ (window)).enteredAt);
    });
    watching.observe(shadow, { childList: true, subtree: true, characterData: true });
  });
}

/** The same daemon, model and browser as the tests have. */
async function support() {
  /** @type {typeof import('../../../test/support/extended-app.ts')} */
  const apps = await tsImport('../../../test/support/extended-app.ts', import.meta.url);
  /** @type {typeof import('../../../test/support/pairing.ts')} */
  const pairing = await tsImport('../../../test/support/pairing.ts', import.meta.url);
  return { ...apps, ...pairing };
}
