import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** What axe has against a page, or one part of it, and what it could not decide; each with the elements meant. */
export async function flaws(page: Page, within?: string): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations, incomplete } = await (within === undefined ? axe : axe.include(within)).analyze();
  return [...violations, ...incomplete].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
