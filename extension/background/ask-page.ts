import * as z from 'zod/mini';
import { browser } from '../browser.ts';
import { frameworkHints } from '../capture/framework-hints.ts';
import { recordErrors } from '../capture/page-errors-recorder.ts';

/** Longer than any honest page needs; another one may never answer. */
const MAX_MS = 1_500;
const MAX_HINTS = 24;
const MAX_LINES = 50;
const MAX_TEXT = 2_000;
const Hints = z.record(z.string().check(z.regex(/^[a-z][a-z -]{0,60}$/)), z.string().check(z.maxLength(2_000)));

/** Asks in the page's own world what its framework says of an element. The answer is a stranger's: only short strings of it are kept. */
export async function askPage(
  tabId: number,
  { selector, frame }: { selector: string; frame?: string | undefined },
): Promise<Record<string, string>> {
  return checkedHints(await inPage(tabId, frameworkHints, [selector, frame ?? null]));
}

/** Errors that the page's own world heard since it was asked first. */
export async function askErrors(tabId: number): Promise<string[]> {
  const parsed = z.safeParse(z.array(z.string()), await inPage(tabId, recordErrors, []));
  return parsed.success ? parsed.data.slice(-MAX_LINES).map((line) => printable(line.slice(0, MAX_TEXT))) : [];
}

async function inPage(tabId: number, func: (...args: never[]) => unknown, args: readonly unknown[]): Promise<unknown> {
  const asked = browser.scripting
    .executeScript({ target: { tabId }, world: 'MAIN', func, args } as never)
    .then(([first]) => first?.result as unknown);
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), MAX_MS));
  // A page that the browser lets no script into tells nothing, as one that never answers.
  return Promise.race([asked.catch(() => undefined), late]);
}

/** What of an answer may be kept. */
function checkedHints(answer: unknown): Record<string, string> {
  const parsed = z.safeParse(Hints, answer);
  if (!parsed.success) return {};
  return Object.fromEntries(
    Object.entries(parsed.data)
      .slice(0, MAX_HINTS)
      .map(([name, hint]) => [name, printable(hint)]),
  );
}

/** Without characters that could hide or turn round what a person reads. */
const printable = (text: string) => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '');
