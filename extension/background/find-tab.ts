import { browser } from '../browser.ts';

type Tab = Awaited<ReturnType<typeof browser.tabs.get>>;

/** A tab as it is now; undefined when it was closed, which is all that the browser refuses this for. */
export async function findTab(tabId: number): Promise<Tab | undefined> {
  return browser.tabs.get(tabId).catch(() => undefined);
}
