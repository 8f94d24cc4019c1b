import { browser } from '../browser.ts';
import { MEETING_PLACE } from '../overlay/takeover.ts';

/**
 * Puts the overlay into the tabs that were open before this version of the extension, or before it was let in; not every browser
 * does it for more than the pages that load from now on. Where the version before left its scripts, they meet (`takeover.ts`).
 * Tabs that let no extension in stay as they are.
 */
export async function enterOpenTabs(): Promise<void> {
  await nameMeeting();
  const tabs = await browser.tabs.query({ url: ['http://*/*', 'https://*/*'] });
  await Promise.all(
    tabs.map(async ({ id, discarded }) => {
      // A discarded tab loads anew when it is looked at, and gets it then.
      if (id === undefined || discarded === true) return;
      const enter = (allFrames: boolean, file: string) =>
        browser.scripting.executeScript({ target: { tabId: id, allFrames }, files: [file], injectImmediately: true });
      await Promise.all([enter(false, '/overlay.js'), enter(true, '/relay.js')]).catch(() => {}); // the browser's own pages and store
    }),
  );
}

/** Made once and kept: the versions after this one have to know it too. */
async function nameMeeting(): Promise<void> {
  const kept = await browser.storage.local.get(MEETING_PLACE);
  if (typeof kept[MEETING_PLACE] !== 'string') await browser.storage.local.set({ [MEETING_PLACE]: crypto.randomUUID() });
}
