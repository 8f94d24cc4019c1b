import { expect } from '@playwright/test';
import type { Bidi } from './bidi.ts';

/** One tab as a person meets it: what can be read there, and real presses of pointer and keys. */
export interface FirefoxPage {
  context: string;
  /** The value of an expression; `root` in it is the overlay's shadow root, or the document where there is no overlay. */
  see<T>(expression: string): Promise<T>;
  /** Everything that is written there. */
  words(): Promise<string>;
  /** What is written in the overlay's prompt; null while there is no overlay. */
  prompt(): Promise<string | null>;
  /** How many overlays there are. */
  overlays(): Promise<number>;
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Presses the middle of what a selector names, or of the button whose name begins so. */
  click(what: { button: string } | { selector: string }): Promise<void>;
  close(): Promise<void>;
}

/** The page's own part, when an overlay stands open over it too. */
const OVERLAY = "document.querySelector('codex-builder')?.shadowRoot";

export function pageIn(bidi: Bidi, context: string): FirefoxPage {
  const see = async <T>(expression: string) => (await bidi.evaluate(context, `((root) => (${expression}))(${OVERLAY} ?? document)`)) as T;

  async function middleOf(what: { button: string } | { selector: string }): Promise<{ x: number; y: number }> {
    const find =
      'selector' in what
        ? `document.querySelector(${JSON.stringify(what.selector)})`
        : `[...root.querySelectorAll('button')].find((each) => (each.ariaLabel ?? each.innerText).startsWith(${JSON.stringify(what.button)}))`;
    const look = () =>
      see<{ x: number; y: number } | null>(
        `((found) => { found?.scrollIntoView({ block: 'nearest' }); const at = found?.getBoundingClientRect(); return at && at.width > 0 ? { x: at.x + at.width / 2, y: at.y + at.height / 2 } : null })(${find})`,
      );
    let at: { x: number; y: number } | null = null;
    await expect.poll(async () => (at = await look()), { message: `nothing to press: ${JSON.stringify(what)}` }).not.toBeNull();
    return at!;
  }

  return {
    context,
    see,
    words: () => see("(root.querySelector('dialog') ?? root.body)?.innerText ?? ''"),
    prompt: () => see("document.querySelector('codex-builder') && (root.querySelector('textarea')?.value ?? null)"),
    overlays: () => see("document.querySelectorAll('codex-builder').length"),
    press: (...keys) => bidi.press(context, ...keys),
    type: (text) => bidi.type(context, text),
    async click(what) {
      await bidi.click(context, await middleOf(what));
    },
    close: () => bidi.closeTab(context),
  };
}

/** Opens a tab. */
export async function openPage(bidi: Bidi, url: string): Promise<FirefoxPage> {
  return pageIn(bidi, await bidi.open(url));
}
