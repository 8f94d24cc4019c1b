import { expect, test } from '@playwright/test';
import { FIREFOX_ORIGIN, type Firefox, openFirefox } from '../support/firefox.ts';
import { type FirefoxPage, openPage, pageIn } from '../support/firefox-page.ts';
import { type HostileSite, leakedOf, serveHostilePages, TYPED_ON } from '../support/hostile-pages.ts';

const TYPED = 'hello wörld';

let site: HostileSite;
let firefox: Firefox;
let options: FirefoxPage;

/** Each goes on where the one before ended. */
test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  site = await serveHostilePages();
  firefox = await openFirefox(`${site.url}/plain`);
  options = await openPage(firefox, `${FIREFOX_ORIGIN}/options.html`);
});
test.afterAll(async () => {
  await firefox?.close();
  site?.close();
});

const leaked = async (page: FirefoxPage) => leakedOf(await page.see<string[]>('window.heard ?? []'));

const keptDraft = (url: string, from = options) =>
  from.see<string | null>(`new Promise((done) => {
    const opening = indexedDB.open('codex-builder');
    opening.onsuccess = () => {
      const reading = opening.result.transaction('drafts').objectStore('drafts').get(${JSON.stringify(url)});
      reading.onsuccess = () => { opening.result.close(); done(reading.result?.text ?? null); };
    };
  })`);

test('a tab that was open before the extension came has one overlay, not two', async () => {
  const page = pageIn(firefox, firefox.first);
  await firefox.command('browsingContext.activate', { context: firefox.first });
  const isThere =
    "browser.tabs.query({ active: true }).then(([{ id }]) => browser.tabs.sendMessage(id, { type: 'typed', text: '' })).then(() => true, () => false)";
  await expect.poll(() => options.see(isThere)).toBe(true);
  await firefox.shortcut();
  await expect.poll(() => page.overlays()).toBe(1);
  await page.type('once');
  expect(await page.prompt()).toBe('once');
  await page.press('Control+k');
  await expect.poll(() => page.overlays()).toBe(0);
  await page.close();
});

// A page that hides everything gets no key from Firefox at all: below.
for (const path of TYPED_ON.filter((each) => each !== '/hides-everything')) {
  test(`typed on ${path}: all of it is in the prompt, none of it in the page, and it looks as everywhere`, async () => {
    const page = await openPage(firefox, site.url + path);
    if (path === '/rewritten') await expect.poll(() => page.see('document.documentElement.dataset.anew')).toBe('yes');
    await page.see('void (window.heard = [])');
    await firefox.keyboard('Control+k', ...TYPED);
    await expect.poll(() => page.prompt()).toBe(TYPED);
    const look = await page.see(
      `((dialog, style) => [style.backgroundColor, style.opacity, dialog.getBoundingClientRect().width])(root.querySelector('dialog'), getComputedStyle(root.querySelector('dialog')))`,
    );
    expect(look).toEqual(['rgb(255, 255, 255)', '1', 640]);
    await firefox.keyboard('Escape');
    await expect.poll(() => page.overlays()).toBe(0);
    if (path !== '/swallows') expect(await leaked(page)).toEqual([]);
    expect(await page.see("document.getElementById('field')?.value ?? ''")).toBe('');
    await page.close();
  });
}

test('a page that removes us whatever element we stand under does not lose what is typed', async () => {
  const page = await openPage(firefox, `${site.url}/removes`);
  await page.see('void (window.heard = [])');
  await page.press('Control+k', ...TYPED, 'Escape');
  await expect.poll(() => keptDraft(`${site.url}/removes`)).toBe(TYPED);
  expect(await leaked(page)).toEqual([]);
  await page.close();
});

test('what is pasted stays inside, as in every browser', async () => {
  const page = await openPage(firefox, `${site.other}/listens`);
  await page.see('void (window.heard = [])');
  await page.press('Control+k', ...'copied', 'Control+a', 'Control+c', 'End', 'Control+v');
  await expect.poll(() => page.prompt()).toBe('copiedcopied');
  await page.press('Escape');
  await expect.poll(() => page.overlays()).toBe(0);
  expect(await leaked(page)).toEqual([]);
  await page.close();
});

test('nothing that a page can say or do opens, closes, fills or sends', async () => {
  const page = await openPage(firefox, `${site.url}/fakes`);
  await page.see('fake()');
  expect(await page.overlays()).toBe(0);
  await page.press('Control+k', ...'mine');
  await page.see('fake()');
  await expect.poll(() => page.prompt()).toBe('mine');
  await page.press('Escape');
  await page.see('fake()');
  await expect.poll(() => page.overlays()).toBe(0);
  expect(await keptDraft(`${site.url}/fakes`)).toBe('mine');
  await page.close();
});

test('pressed twice, the key is the page’s', async () => {
  const page = await openPage(firefox, `${site.other}/takes-key`);
  await page.press('Control+k');
  expect(await page.overlays()).toBe(1);
  expect(await page.see('took')).toBe(0);
  await page.press('Escape', 'Control+k', 'Control+k');
  await expect.poll(() => page.overlays()).toBe(0);
  expect(await page.see('took')).toBe(1);
  await page.close();
});

test('the focus goes back to where it was, caret and selection too', async () => {
  const page = await openPage(firefox, `${site.other}/plain`);
  await page.click({ selector: '#editor' });
  await page.see(
    "getSelection().setBaseAndExtent(document.getElementById('editor').firstChild, 11, document.getElementById('editor').firstChild, 16)",
  );
  await page.press('Control+k', ...'something', 'Escape');
  await expect.poll(() => page.overlays()).toBe(0);
  expect(await page.see('String(getSelection())')).toBe('place');
  await page.type('X');
  expect(await page.see("document.getElementById('editor').textContent")).toBe('written in X');
  await page.close();
});

test('a page that shows nothing at all gets no key from Firefox; the browser’s shortcut opens there, and what is typed is whole', async () => {
  const page = await openPage(firefox, `${site.url}/hides-everything`);
  const displayed = () => page.see('[document.documentElement, document.body].map((each) => getComputedStyle(each).display)');
  await page.see("void (window.got = 0, addEventListener('keydown', () => { got += 1 }, true))");
  await page.press('Control+k', 'a');
  expect(await page.see('got')).toBe(0);
  expect(await page.overlays()).toBe(0);
  await firefox.shortcut();
  await expect.poll(() => page.overlays()).toBe(1);
  await page.type(TYPED);
  expect(await page.prompt()).toBe(TYPED);
  expect(await page.see("getComputedStyle(root.querySelector('dialog')).opacity")).toBe('1');
  expect(await page.see('got')).toBe(0);
  await page.press('Escape');
  await expect.poll(displayed).toEqual(['none', 'none']);
  await page.close();
});

for (const path of ['/frame', '/foreign-frame', '/srcdoc-frame']) {
  test(`pressed inside ${path}: what is typed at once is in the prompt, and the frame has the focus again afterwards`, async () => {
    const page = await openPage(firefox, site.url + path);
    const inner = pageIn(firefox, (await firefox.frames(page.context))[0]!);
    const field = () => inner.see("document.getElementById('field').value");
    await page.click({ selector: '#f' });
    await inner.see("void document.getElementById('field').focus()");
    for (const each of [page, inner]) await each.see('void (window.heard = [])');
    await firefox.keyboard('Control+k', ...TYPED);
    await expect.poll(() => page.prompt()).toBe(TYPED);
    await firefox.keyboard('Escape');
    await expect.poll(() => page.overlays()).toBe(0);
    await expect.poll(() => inner.see('document.activeElement.id')).toBe('field');
    for (const each of [page, inner]) expect(await leaked(each)).toEqual([]);
    expect(await field()).toBe('');
    await firefox.keyboard(...'back');
    await expect.poll(field).toBe('back');
    await page.close();
  });
}

test('where no overlay can be, the browser’s shortcut opens the popup, which says why', async () => {
  await firefox.command('browsingContext.activate', { context: options.context });
  await firefox.shortcut();
  await expect.poll(() => firefox.popup()).toBe(`${FIREFOX_ORIGIN}/popup.html`);
});

test('kept out of pages it says so everywhere, asks at a press, and works in every tab once it is let in', async () => {
  const before = await openPage(firefox, `${site.url}/plain?before`);
  await before.press('Control+k', 'Escape');
  await options.see("browser.permissions.remove({ origins: ['<all_urls>'] })");
  const meanwhile = await openPage(firefox, `${site.url}/plain?meanwhile`);
  await meanwhile.press('Control+k');
  expect(await meanwhile.overlays()).toBe(0);

  const badges = 'browser.tabs.query({}).then((tabs) => Promise.all(tabs.map(({ id }) => browser.action.getBadgeText({ tabId: id }))))';
  await expect.poll(() => options.see(badges)).toContain('!');
  const popup = await openPage(firefox, `${FIREFOX_ORIGIN}/popup.html`);
  await expect.poll(() => popup.words()).toContain('The browser does not let Codex Builder into all pages');
  expect(await popup.words()).toContain('Allow it in the options…');
  await popup.close();
  await firefox.command('browsingContext.activate', { context: options.context });
  expect(await options.words()).toContain('The browser does not let Codex Builder into all pages');
  expect(await options.see("[...document.querySelectorAll('button')].find((each) => each.innerText === 'Pair this browser').title")).toBe(
    'First allow Codex Builder on all pages, above.',
  );

  await options.click({ button: 'Allow on all pages…' });
  await expect.poll(() => firefox.isAsking()).toBe(true);
  await firefox.answer('Deny');
  await expect.poll(() => options.words()).toContain('Not allowed.');
  await options.click({ button: 'Allow on all pages…' });
  await expect.poll(() => firefox.isAsking()).toBe(true);
  await firefox.answer('Allow');
  await expect.poll(() => options.words()).not.toContain('does not let');
  await expect.poll(() => options.see(badges)).not.toContain('!');

  for (const page of [before, meanwhile, await openPage(firefox, `${site.url}/plain?after`)]) {
    await firefox.command('browsingContext.activate', { context: page.context });
    await expect
      .poll(async () => {
        if ((await page.overlays()) === 0) await page.press('Control+k');
        return page.overlays();
      })
      .toBe(1);
    await page.press('Escape');
    await expect.poll(() => page.overlays()).toBe(0);
    await firefox.shortcut();
    await expect.poll(() => page.overlays()).toBe(1);
    await page.close();
  }
});

test('the release has a closed root and works as well', async () => {
  const released = await openFirefox(`${site.url}/plain`, 'release');
  try {
    const own = await openPage(released, `${FIREFOX_ORIGIN}/options.html`);
    const page = await openPage(released, `${site.url}/listens`);
    await page.see('void (window.heard = [])');
    await released.keyboard('Control+k', ...TYPED);
    await expect.poll(() => page.overlays()).toBe(1);
    expect(await page.see("document.querySelector('codex-builder').shadowRoot")).toBeNull();
    await released.keyboard('Escape');
    await expect.poll(() => page.overlays()).toBe(0);
    await expect.poll(() => keptDraft(`${site.url}/listens`, own)).toBe(TYPED);
    expect(await leaked(page)).toEqual([]);
  } finally {
    await released.close();
  }
});
