import { browser } from '../browser.ts';
import { NOT_LET_IN, noAccess, noOverlayOn } from './page-access.ts';
import { hasSiteAccess, onSiteAccess } from './site-access.ts';

/** The page that the popup was opened on. */
export interface OpenedOn {
  tabId?: number;
  /** Of a page that can be asked about. */
  url?: string;
  /** Else why not. */
  why?: string;
}

/** What kind of page it is, as its own document says; undefined where the browser lets nobody look. */
async function contentTypeOf(tabId: number): Promise<string | undefined> {
  try {
    const [found] = await browser.scripting.executeScript({ target: { tabId }, func: () => document.contentType });
    return typeof found?.result === 'string' ? found.result : undefined;
  } catch {
    return undefined;
  }
}

async function look(tabId: number | undefined): Promise<OpenedOn> {
  const tab =
    tabId === undefined
      ? (await browser.tabs.query({ active: true, currentWindow: true }))[0]
      : await browser.tabs.get(tabId).catch(() => undefined);
  if (tab?.id === undefined) return { why: 'The page this was opened on is closed.' };
  if (tab.url === undefined && !(await hasSiteAccess())) return { tabId: tab.id, why: NOT_LET_IN };
  const why = noAccess(tab.url) ?? noOverlayOn(await contentTypeOf(tab.id));
  return why === undefined && tab.url !== undefined ? { tabId: tab.id, url: tab.url } : { tabId: tab.id, why: why ?? '' };
}

/** Says which page it is about, and again when that page goes elsewhere. Without a tab: the one in front. */
export function watchOpenedOn(tabId: number | undefined, then: (on: OpenedOn) => void): () => void {
  let about = tabId;
  let looks = 0;
  const again = () => {
    looks += 1;
    const mine = looks;
    void look(about).then((on) => {
      about ??= on.tabId;
      // A page may answer late what it was before.
      if (mine === looks) then(on);
    });
  };
  const updated = (id: number, { url, status }: { url?: string; status?: string }) => {
    if (id === about && (url !== undefined || status === 'complete')) again();
  };
  const removed = (id: number) => {
    if (id !== about) return;
    looks += 1;
    then({ why: 'The page this was opened on is closed.' });
  };
  again();
  browser.tabs.onUpdated.addListener(updated);
  browser.tabs.onRemoved.addListener(removed);
  const endAccess = onSiteAccess(again);
  return () => {
    looks += 1;
    endAccess();
    browser.tabs.onUpdated.removeListener(updated);
    browser.tabs.onRemoved.removeListener(removed);
  };
}
