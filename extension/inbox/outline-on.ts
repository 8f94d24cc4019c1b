import type { Outlined } from '../awareness/toggle-outlines.ts';
import { browser } from '../browser.ts';

function wordsOf(outlined: Outlined | undefined): string {
  if (outlined === undefined) return 'The page lets nobody draw on it. Reload it and try again.';
  if (outlined.is === 'refused') return outlined.message;
  if (outlined.is === 'gone') return 'The outlines are gone.';
  if (outlined.asked === 0) return 'No active run here is about an element: they are about the page as a whole.';
  if (outlined.found === 0) return 'The elements that active runs are about are not on this page now.';
  return `${outlined.found === 1 ? '1 element is' : `${outlined.found} elements are`} outlined on the page. Once more takes it away.`;
}

/** Outlines on the page what active runs are about, or takes the outlines away; answers what came of it. */
export async function outlineOn(tabId: number): Promise<string> {
  const results = await browser.scripting.executeScript({ target: { tabId }, files: ['/outline.js'] }).catch(() => []);
  return wordsOf(results[0]?.result as Outlined | undefined);
}
