import { browser } from '../browser.ts';

/**
 * Puts the overlay into the tabs that were open before the extension was installed or let in; not every browser does it for more
 * than the pages that load from now on. Tabs that let no extension in stay as they are.
 */
export async function enterOpenTabs(): Promise<void> {
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
