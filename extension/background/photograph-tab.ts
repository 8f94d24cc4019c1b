import { browser } from '../browser.ts';
import type { Replies } from '../messages.ts';

/** Browsers take two pictures a second and no more: one too many waits for the next second instead of being refused. */
const WAIT_MS = 550;
const TRIES = 3;
const TOO_MANY = /MAX_CAPTURE_VISIBLE_TAB_CALLS_PER_SECOND/;

const NOT_IN_SIGHT = { ok: false, message: 'The tab is not in sight. Go to it and take the picture again.' } as const;

/** What is visible of this tab, as a data URL, and of no other: somebody may have gone to another tab meanwhile. */
export async function photographTab(tabId: number, windowId: number | undefined): Promise<Replies['photograph']> {
  const isInSight = async () => {
    const [shown] = await browser.tabs.query({ active: true, ...(windowId === undefined ? {} : { windowId }) });
    return shown?.id === tabId;
  };
  for (let tries = 1; ; tries += 1) {
    if (!(await isInSight())) return NOT_IN_SIGHT;
    try {
      const picture = await browser.tabs.captureVisibleTab(windowId, { format: 'png' });
      return (await isInSight()) ? { ok: true, picture } : NOT_IN_SIGHT;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!TOO_MANY.test(why) || tries === TRIES) return { ok: false, message: `The browser did not give a picture of this page: ${why}` };
    }
    await new Promise((next) => setTimeout(next, WAIT_MS));
  }
}
