import type { BrowserContext } from '@playwright/test';

/** The heading that a visitor reads at an address. */
export async function headingAt(context: BrowserContext, url: string): Promise<string> {
  const page = await context.newPage();
  await page.goto(url);
  const heading = (await page.getByRole('heading').textContent()) ?? '';
  await page.close();
  return heading;
}
