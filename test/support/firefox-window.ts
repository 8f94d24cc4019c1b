import type { Bidi } from './bidi.ts';

/** What Firefox draws around pages, where no page and no extension reaches. */
export interface FirefoxWindow {
  /** Presses keys as a keyboard does, in one go: they come by the browser's own first, and go wherever the focus is. */
  keyboard(...presses: readonly string[]): Promise<void>;
  /** The extension's own shortcut. */
  shortcut(): Promise<void>;
  /** The popup of the toolbar button, when it stands open. */
  popup(): Promise<string | undefined>;
  /** Whether the browser asks the person for a permission now. */
  isAsking(): Promise<boolean>;
  answer(with_: 'Allow' | 'Deny'): Promise<void>;
  /** Stops the background as the browser does when it is idle. */
  stopBackground(): Promise<void>;
}

const OPEN_PANELS = "[...document.querySelectorAll('panel')].filter(({ state }) => state === 'open')";
const QUESTION = "document.querySelector('#notification-popup[panelopen] #addon-webext-permissions-notification')";

/** Presses keys on the browser itself, which hands them on as those of a keyboard; `+` is between keys that are held together. */
const TYPE = `(presses) => {
  gBrowser.selectedBrowser.focus();
  const keyboard = Cc['@mozilla.org/text-input-processor;1'].createInstance(Ci.nsITextInputProcessor);
  keyboard.beginInputTransactionForTests(window);
  for (const press of presses) {
    const keys = press.split('+').map((key) => {
      const named = { Control: ['ControlLeft', 17], Alt: ['AltLeft', 18], Escape: ['Escape', 27] }[key];
      const [code, keyCode] = named ?? ['', key.toUpperCase().charCodeAt(0)];
      return new KeyboardEvent('', { key, code, keyCode });
    });
    for (const key of keys) keyboard.keydown(key);
    for (const key of keys.toReversed()) keyboard.keyup(key);
  }
}`;

export async function openWindow(bidi: Bidi, extension: string): Promise<FirefoxWindow> {
  const { contexts } = (await bidi.command('browsingContext.getTree', { 'moz:scope': 'chrome' })) as { contexts: [{ context: string }] };
  const see = (expression: string) => bidi.evaluate(contexts[0].context, expression);
  const keyboard = async (...presses: readonly string[]) => void (await see(`(${TYPE})(${JSON.stringify(presses)})`));
  return {
    keyboard,
    shortcut: () => keyboard('Control+Alt+k'),
    async popup() {
      const found = await see(
        `${OPEN_PANELS}.map((each) => each.querySelector('.webextension-popup-browser')?.currentURI.spec).find(Boolean)`,
      );
      return found as string | undefined;
    },
    async isAsking() {
      return (await see(`${QUESTION} !== null`)) === true;
    },
    async answer(with_) {
      await see(`${QUESTION}.${with_ === 'Allow' ? 'button' : 'secondaryButton'}.click()`);
    },
    async stopBackground() {
      await see(`WebExtensionPolicy.getByID(${JSON.stringify(extension)}).extension.terminateBackground().then(() => true)`);
    },
  };
}
