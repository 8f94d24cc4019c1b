/** Why the overlay cannot be on a page, or undefined when it can; by the address alone. */
export function noAccess(url: string | undefined): string | undefined {
  // Without a permission for it the browser does not even say the address.
  if (url === undefined || url === '')
    return 'The browser keeps extensions out of this page: it is the browser’s own, or shows a source text.';
  const parsed = URL.parse(url);
  const scheme = parsed?.protocol ?? '';
  if (scheme === 'view-source:') return 'This shows a page’s source. Ask for a change on the page itself.';
  if (scheme === 'file:') return 'This is a file on your machine, not a page of a running app. Open the app by its http address.';
  if (scheme === 'data:' || scheme === 'blob:') return 'This page has no address that could be asked about.';
  if (scheme === 'chrome-extension:' || scheme === 'moz-extension:') return 'This page belongs to an extension.';
  if (scheme !== 'http:' && scheme !== 'https:') return 'This page belongs to the browser, which keeps extensions out.';
  const { hostname, pathname } = parsed!;
  const isStore =
    hostname === 'chromewebstore.google.com' ||
    (hostname === 'chrome.google.com' && pathname.startsWith('/webstore')) ||
    hostname === 'addons.mozilla.org';
  return isStore ? 'The browser keeps extensions out of its store.' : undefined;
}

/** While the person has not allowed the extension on it. */
export const NOT_LET_IN = 'The browser does not let Codex Builder into this page.';

/** What a page that lets us in turned out to be. */
export function noOverlayOn(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return 'The browser keeps extensions out of this page. If the extension is new here, reload the page.';
  if (contentType === 'application/pdf')
    return 'This is a PDF, shown by the browser’s own viewer. A change is asked for on a page of the app.';
  return undefined;
}
