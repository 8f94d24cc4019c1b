import { browser } from '../browser.ts';

/** What the manifest asks for; a person may take it back in the browser's settings, for all sites or for some. */
const EVERYWHERE = { origins: ['<all_urls>'] };

/** Whether the overlay may be on every page, as far as the person says. */
export function hasSiteAccess(): Promise<boolean> {
  return browser.permissions.contains(EVERYWHERE);
}

/** Asks the person. Only a press of theirs may lead here: browsers refuse it otherwise. */
export function askForSiteAccess(): Promise<boolean> {
  return browser.permissions.request(EVERYWHERE).catch(() => false);
}

/** Calls back whenever the person gives or takes access. */
export function onSiteAccess(then: () => void): () => void {
  const { onAdded, onRemoved } = browser.permissions;
  onAdded.addListener(then);
  onRemoved.addListener(then);
  return () => {
    onAdded.removeListener(then);
    onRemoved.removeListener(then);
  };
}
