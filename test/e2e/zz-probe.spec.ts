import { expect, test } from '@playwright/test';
import { openExtendedBrowser, profileFolder, removeProfile } from '../support/extension.ts';
import { serveHostilePages } from '../support/hostile-pages.ts';

test('probe', async () => {
  const site = await serveHostilePages();
  const profile = profileFolder();
  const browser = await openExtendedBrowser(profile);
  const page = await browser.context.newPage();
  const errors: string[] = [];
  page.on('console', (m) => errors.push(`${m.type()} ${m.text()}`));
  page.on('pageerror', (e) => errors.push(`pageerror ${e.message}`));
  const paths = (
    process.env['PATHS'] ??
    '/plain,/listens,/takes-key,/swallows,/removes,/removes-later,/marks,/steals-focus,/modal,/modal-later,/hides-everything,/skips-everything,/patched,/strict,/rtl,/huge,/rewritten,/frame,/foreign-frame,/srcdoc-frame'
  ).split(',');
  for (const path of paths) {
    try {
      await page.goto(site.url + path);
      if (path.includes('frame')) {
        const frame = page.frameLocator('#f').locator('#field');
        await frame.click();
      } else await page.waitForTimeout(50);
      await page.evaluate(() => {
        (globalThis as any).heard && ((globalThis as any).heard.length = 0);
      });
      await page.keyboard.press('Control+k');
      await page.keyboard.type('hello wörld', { delay: 15 });
      await page.waitForTimeout(300);
      const state = await page.evaluate(() => {
        const host = document.querySelector('codex-builder');
        const root = host?.shadowRoot;
        const field = root?.querySelector('textarea');
        const r = root?.querySelector('dialog')?.getBoundingClientRect();
        return {
          value: field?.value,
          w: r?.width,
          h: r?.height,
          bg: root && getComputedStyle(root.querySelector('dialog')!).backgroundColor,
          focused: root?.activeElement?.localName,
          heard: (globalThis as any).heard?.slice(0, 8),
          fieldVal: (document.getElementById('field') as any)?.value,
          opac: root && getComputedStyle(root.querySelector('dialog')!).opacity,
        };
      });
      console.log(path, JSON.stringify(state));
      await page.screenshot({ path: `/tmp/overlay/probe${path.replaceAll('/', '-')}.png` });
      await page.keyboard.press('Escape');
      await page.waitForTimeout(50);
      console.log(
        '   closed',
        await page.evaluate(() => [document.querySelector('codex-builder') === null, document.activeElement?.localName]),
      );
    } catch (e) {
      console.log(path, 'FAILED', (e as Error).message.slice(0, 300));
    }
  }
  console.log(errors.slice(0, 20).join('\n'));
  await browser.close();
  removeProfile(profile);
  site.close();
  expect(1).toBe(1);
});
