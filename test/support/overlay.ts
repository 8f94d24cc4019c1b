import type { Locator, Page } from '@playwright/test';
import type { ExtendedBrowser } from './extension.ts';

export const overlayOf = (page: Page): Locator => page.getByRole('dialog', { name: 'Codex Builder' });
export const promptOf = (page: Page): Locator => page.getByLabel('What should change on this page?');

/** A page and the overlay that was asked for there. */
export interface OpenOverlay {
  page: Page;
  overlay: Locator;
  prompt: Locator;
}

/** Opens a page in a tab of its own and presses the key there. */
export async function openOverlay(browser: ExtendedBrowser, url: string): Promise<OpenOverlay> {
  const page = await browser.context.newPage();
  await page.goto(url);
  return pressKey(page);
}

export async function pressKey(page: Page): Promise<OpenOverlay> {
  await page.bringToFront();
  await page.keyboard.press('Control+k');
  return { page, overlay: overlayOf(page), prompt: promptOf(page) };
}

/** Writes into the prompt, after what stands there, and sends it. */
export async function send(page: Page, words: string): Promise<void> {
  await promptOf(page).focus();
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
}
