import type { Bidi } from './bidi.ts';

/** What Firefox draws around pages, where no page and no extension reaches. */
export interface FirefoxWindow {
  /** Presses the extension's shortcut as the keyboard does: keys that WebDriver sends to a page do not come by the browser's own. */
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

const SHORTCUT = `(() => {
  gBrowser.selectedBrowser.focus();
  const keyboard = Cc['@mozilla.org/text-input-processor;1'].createInstance(Ci.nsITextInputProcessor);
  keyboard.beginInputTransactionForTests(window);
  const keys = [['Control', 'ControlLeft', 17], ['Alt', 'AltLeft', 18], ['k', 'KeyK', 75]].map(
    ([key, code, keyCode]) => new KeyboardEvent('', { key, code, keyCode }),
  );
  for (const key of keys) keyboard.keydown(key);
  for (const key of keys.toReversed()) keyboard.keyup(key);
})()`;

export async function openWindow(bidi: Bidi, extension: string): Promise<FirefoxWindow> {
  const { contexts } = (await bidi.command('browsingContext.getTree', { 'moz:scope': 'chrome' })) as { contexts: [{ context: string }] };
  const see = (expression: string) => bidi.evaluate(contexts[0].context, expression);
  return {
    async shortcut() {
      await see(SHORTCUT);
    },
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
