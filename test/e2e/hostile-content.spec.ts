import { expect, type Locator, type Page, test } from '@playwright/test';
import { must, request, untilState } from '../support/daemon-process.ts';
import { type ExtendedApp, openExtendedApp } from '../support/extended-app.ts';
import { openOverlay } from '../support/overlay.ts';
import { pairBrowser, pairCode } from '../support/pairing.ts';
import { answer, run as command, patch } from '../support/scripted-model.ts';

/** What would run if any of it were ever taken for markup, and what it says when it does. */
const MARKUP = '<img src=x onerror=globalThis.ran=1></script><svg onload=globalThis.ran=1>';
const FILE = '<img src=x onerror=globalThis.ran=1>.txt';
const SCRIPT_ADDRESS = 'javascript:globalThis.ran=1';

const LOG_LINES = 1_000_000;
/** Characters of a line: more than the diff of a file may have, and fewer. */
const LONG_LINES = { 'whole.min': 50_000_000, 'part.min': 2_000_000 };

/** One person's browser: everything here happens in it. */
test.describe.configure({ mode: 'serial' });

let live: ExtendedApp;
let { app, daemon, browser } = {} as ExtendedApp;
let runId: string;

test.beforeAll(async () => {
  live = await openExtendedApp({
    checks: [{ name: 'loud', command: `cat *.txt; echo '${MARKUP}' >&2; if [ -e whole.min ]; then seq -f %019.0f ${LOG_LINES}; fi` }],
    script: ({ file, words }) => ({
      hostile: [
        command(`printf '%s\\n' '${MARKUP}' | tee '${FILE}'`),
        patch(`*** Begin Patch\n*** Update File: ${file}\n@@\n-${words}\n+${words} ${MARKUP}\n*** End Patch\n`),
        answer({
          summary: `Summary ${MARKUP}`,
          files: [FILE],
          risks: [`Risk ${MARKUP}`],
          howToVerify: [`Look at ${SCRIPT_ADDRESS}`],
          followUps: [`Follow-up ${MARKUP}`],
        }),
      ],
      huge: [
        command(
          Object.entries(LONG_LINES)
            .map(([name, length]) => `head -c ${length} /dev/zero | tr '\\0' x > ${name}`)
            .join('; '),
        ),
        answer({ summary: 'Very long lines.', files: Object.keys(LONG_LINES) }),
      ],
    }),
  });
  ({ app, daemon, browser } = live);
  await browser.context.addInitScript(watchPage);
  await pairBrowser(browser, daemon);
  const context = {
    url: `${daemon.gateway}${app.route}`,
    title: `Title ${MARKUP}`,
    elements: [{ selector: `h1 ${MARKUP}`, text: MARKUP, html: MARKUP, note: MARKUP }],
    console: [MARKUP],
  };
  const asked = await must(daemon.client.call('createRun', { body: { prompt: `Hostile ${MARKUP} SCENARIO=hostile`, context } }));
  runId = asked.run.id;
  await untilState(daemon, runId, 'needs_approval');
});

test.afterAll(() => live?.end());

/** Notes in every page, before its own scripts: who opened it, what it is told, and what its policy had to stop. */
function watchPage(): void {
  const page = globalThis as unknown as { heard: string[]; violations: string[] };
  page.heard = [];
  page.violations = [];
  addEventListener('message', ({ origin }) => page.heard.push(origin));
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile }) =>
    page.violations.push(`${violatedDirective} ${sourceFile}`),
  );
}

const metBy = (page: Page) =>
  page.evaluate(() => {
    const { heard, violations, ran } = globalThis as unknown as { heard: string[]; violations: string[]; ran: unknown };
    return { opener: window.opener !== null, name: window.name, heard, violations, ran };
  });

const ALONE = { opener: false, name: '', heard: [], violations: [], ran: undefined };

async function openPage(path = ''): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto((await pairCode(daemon)).url);
  await expect(page.getByLabel('What should change?')).toBeVisible();
  if (path !== '') await page.goto(`${daemon.control}/codex${path}`);
  return page;
}

/** The overlay on production, with the run open in it. */
async function openInOverlay(): Promise<{ page: Page; overlay: Locator }> {
  const { page, overlay } = await openOverlay(browser, `${daemon.gateway}${app.route}`);
  await overlay.getByRole('button', { name: /Hostile/ }).click();
  await expect(overlay.getByRole('list', { name: 'Files changed' })).toBeVisible();
  return { page, overlay };
}

/** The run inbox, and again with the run open in it. */
async function openPopups(about: Page): Promise<{ list: Page; panel: Page }> {
  const [list, panel] = [await browser.popup(about), await browser.popup(about)];
  await panel.getByRole('link', { name: /Hostile/ }).click();
  await expect(panel.locator('.files')).toBeVisible();
  return { list, panel };
}

/** Everything a page could say to be taken for one of ours. */
const sayings = (id: string) => [
  { v: 1, type: 'call', id: 1, door: 'approveRun', params: { id }, body: {}, key: 'said-by-a-preview' },
  { v: 1, type: 'notice', seq: 1 },
  { name: 'act', body: { runId: id, act: 'cancelRun', body: {}, key: 'said-by-a-preview' } },
  { type: 'toggle' },
  'approve',
];

test('WEB-16 a preview opened from the page, the overlay or the inbox has no way back, and what it says is heard by nobody', async () => {
  const page = await openPage(`/runs/${runId}`);
  const { page: shop, overlay } = await openInOverlay();
  const { list, panel } = await openPopups(shop);
  const ways: [string, Page, () => Promise<void>][] = [
    ['the page', page, () => page.getByRole('link', { name: /Open Preview/ }).click()],
    ['a key on the page', page, () => page.keyboard.press('o')],
    ['the overview', page, () => page.getByRole('link', { name: /^http:\/\/preview1\./ }).click()],
    ['the overlay', shop, () => overlay.getByRole('button', { name: /Open Preview/ }).click()],
    ['the inbox', list, () => list.getByRole('link', { name: /opens the preview/ }).click()],
    ['a run of the inbox', panel, () => panel.getByRole('button', { name: /Open Preview/ }).click()],
  ];
  for (const [way, from, press] of ways) {
    await from.bringToFront();
    const [preview] = await Promise.all([browser.context.waitForEvent('page'), press()]);
    await preview.waitForURL(/^http:\/\/preview1\./);
    expect([way, await metBy(preview)]).toEqual([way, { ...ALONE, ran: 1 }]);
    await preview.close();
  }

  // The other way round: a preview that opens the daemon's page, paired as it is, cannot reach it either.
  const preview = await browser.context.newPage();
  await preview.goto(daemon.gateway.replace('app.', 'preview1.'));
  const [taken] = await Promise.all([
    browser.context.waitForEvent('page'),
    preview.evaluate((url) => {
      (globalThis as unknown as { taken: Window | null }).taken = open(url, 'taken');
    }, `${daemon.control}/codex/runs/${runId}`),
  ]);
  await expect(taken.getByRole('button', { name: /Approve and Merge/ })).toBeVisible();
  const isCut = await preview.evaluate((said) => {
    const { taken } = globalThis as unknown as { taken: Window };
    for (const each of said) for (const to of [taken, window]) to.postMessage(each, '*');
    return taken.closed;
  }, sayings(runId));
  expect(isCut).toBe(true);
  expect(await metBy(taken)).toEqual(ALONE);
  const { run, approvals } = await must(daemon.client.call('getRun', { params: { id: runId } }));
  expect([run.state, approvals]).toEqual(['needs_approval', []]);
  for (const each of [taken, preview, page, shop, list, panel]) await each.close();
});

/** What of a surface is more than text: elements that a person's words made, and links that would run. */
const madeOf = (place: Locator): Promise<string[]> =>
  place.evaluateAll((roots) =>
    roots.flatMap((root) =>
      [...root.querySelectorAll('[onerror],[onload],img,iframe,object,embed,a')]
        .filter((element) => element.localName !== 'a' || !/^(https?|chrome-extension):/.test((element as HTMLAnchorElement).href))
        .map((element) => element.outerHTML.slice(0, 200)),
    ),
  );

test('XSS-01 a prompt, a page, a file, a command, its output, an answer and a device that are markup are shown as text on every surface', async () => {
  const page = await openPage();
  await expect(page.getByRole('link', { name: /Hostile <img src=x/ })).toBeVisible();
  const look = async (what: string, place: Locator, text: string | RegExp) => {
    await expect(place.getByText(text).filter({ visible: true }).first()).toBeVisible();
    expect([what, await madeOf(place)]).toEqual([what, []]);
  };
  await look('runs', page.locator('body'), /<img src=x/);
  // Of a check and of a command what it printed is opened.
  const tabs: [string, string | RegExp, RegExp?][] = [
    ['', `Summary ${MARKUP}`],
    ['/diff', FILE],
    ['/checks', MARKUP, /^loud$/],
    ['/commands', MARKUP, /printf/],
    ['/log', MARKUP],
    ['/timeline', /Hostile <img/],
    ['/brief', MARKUP],
  ];
  for (const [tab, text, opened] of tabs) {
    await page.goto(`${daemon.control}/codex/runs/${runId}${tab}`);
    if (opened) await page.getByText(opened).first().click();
    await look(`run${tab}`, page.getByRole('main'), text);
    expect([tab, await metBy(page)]).toEqual([tab, ALONE]);
  }
  const { code } = await must(daemon.client.call('createPairCode', { body: {} }));
  const pairing = JSON.stringify({ code, name: MARKUP, kind: 'page' });
  const headers = { 'content-type': 'application/json', 'x-codex-builder-protocol': '1' };
  const said = await page.evaluate((init) => fetch('/api/pair', init).then(({ status }) => status), {
    method: 'POST',
    headers,
    body: pairing,
  });
  expect(said).toBe(201);
  await page.goto(`${daemon.control}/codex/settings`);
  await look('settings', page.getByRole('main'), MARKUP);
  expect(await metBy(page)).toEqual(ALONE);
  const { page: shop, overlay } = await openInOverlay();
  await look('overlay', overlay, FILE);
  expect((await metBy(shop)).violations).toEqual([]);
  const { list, panel } = await openPopups(shop);
  await look('inbox', list.locator('body'), /<img src=x/);
  await look('a run of the inbox', panel.locator('body'), FILE);
  for (const each of [list, panel]) expect(await metBy(each)).toEqual(ALONE);
  for (const each of [page, shop, list, panel]) await each.close();
});

test('XSS-07 a line of 50 MB in the diff and a log of a million lines are drawn a part at a time, and the page still answers', async () => {
  const { id } = await request(daemon, 'Very long lines. SCENARIO=huge');
  await untilState(daemon, id, 'needs_approval');
  const page = await openPage(`/runs/${id}/diff`);
  const isSmall = async (what: string) => {
    const drawn = await page
      .getByRole('main')
      .evaluate((main) => ({ elements: main.querySelectorAll('*').length, characters: main.textContent!.length }));
    expect([what, drawn.elements < 3_000, drawn.characters < 100_000]).toEqual([what, true, true]);
  };
  await expect(page.getByText('The diff of this file was cut at 2 MiB.', { exact: false })).toBeVisible();
  await expect(page.getByRole('button', { name: '… 1,998,000 more characters' })).toBeVisible();
  await isSmall('diff');
  await page.getByRole('tab', { name: /Checks/ }).click();
  await page.getByText(/^loud$/).click();
  await expect(page.getByText(String(LOG_LINES).padStart(19, '0'), { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Show earlier lines/ })).toBeVisible();
  await isSmall('log');
  await page.getByRole('tab', { name: /Overview/ }).click();
  await expect(page.getByText('Very long lines.').last()).toBeVisible();
  await page.close();
});
