import { OURS } from './key-to-painted.mjs';

const TEXT = 'make the heading larger and blue';
/** How often the prompt is looked at before the rest counts as lost. */
const LOOKS = 50;

/**
 * Types at once after Ctrl+K, not waiting for anything, and counts the keys that are not in the prompt.
 * @param {{ browser: import('./browsers.mjs').BenchBrowser, stopper?: import('./browsers.mjs').BackgroundStopper, address: (of: number) => string, times: number, inFrame?: boolean }} parts
 * @returns {Promise<{ typed: number, lost: number }>}
 */
export async function countLostKeys({ browser, stopper, address, times, inFrame = false }) {
  let lost = 0;
  for (let time = 0; time < times; time += 1) {
    const page = await browser.context.newPage();
    await page.goto(address(time));
    await (inFrame ? page.frameLocator('iframe') : page).locator('#field').focus();
    if (stopper) await stopper.stop();
    const session = await page.context().newCDPSession(page);
    const control = { key: 'Control', code: 'ControlLeft', windowsVirtualKeyCode: 17 };
    const k = { key: 'k', code: 'KeyK', windowsVirtualKeyCode: 75, modifiers: 2 };
    const strokes = [
      { type: /** @type {const} */ ('rawKeyDown'), ...control, modifiers: 2 },
      { type: /** @type {const} */ ('rawKeyDown'), ...k },
      { type: /** @type {const} */ ('keyUp'), ...k },
      { type: /** @type {const} */ ('keyUp'), ...control },
      ...[...TEXT].flatMap(strokesOf),
    ];
    await Promise.all(strokes.map((stroke) => session.send('Input.dispatchKeyEvent', stroke)));
    let text = '';
    for (let look = 0; look < LOOKS && text !== TEXT; look += 1) text = await promptText(session);
    lost += missing(text);
    await page.close();
  }
  return { typed: times * TEXT.length, lost };
}

/** @param {string} letter */
function strokesOf(letter) {
  const key = {
    key: letter,
    code: letter === ' ' ? 'Space' : `Key${letter.toUpperCase()}`,
    windowsVirtualKeyCode: letter.toUpperCase().charCodeAt(0),
  };
  return [
    { type: /** @type {const} */ ('keyDown'), text: letter, ...key },
    { type: /** @type {const} */ ('keyUp'), ...key },
  ];
}

/** Keys of the text that are not in what arrived, in their order. @param {string} arrived */
function missing(arrived) {
  let at = 0;
  for (const letter of arrived) if (letter === TEXT[at]) at += 1;
  return TEXT.length - at;
}

/** What stands in the prompt. A release's shadow root is closed to pages, not to the debugger. @param {import('@playwright/test').CDPSession} session */
async function promptText(session) {
  const { root } = await session.send('DOM.getDocument', { depth: -1, pierce: true });
  const host = find(root, (node) => node.localName === OURS);
  const field = host && find(host, (node) => node.localName === 'textarea');
  if (!field) return '';
  const { object } = await session.send('DOM.resolveNode', { backendNodeId: field.backendNodeId });
  const { result } = await session.send('Runtime.callFunctionOn', {
    objectId: object.objectId,
    functionDeclaration: 'function () { return this.value; }',
    returnByValue: true,
  });
  return String(result.value ?? '');
}

/**
 * @typedef {{ localName: string, backendNodeId: number, children?: DomNode[], shadowRoots?: DomNode[] }} DomNode
 * @param {DomNode} node
 * @param {(node: DomNode) => boolean} is
 * @returns {DomNode | undefined}
 */
function find(node, is) {
  if (is(node)) return node;
  for (const each of [...(node.shadowRoots ?? []), ...(node.children ?? [])]) {
    const found = find(each, is);
    if (found) return found;
  }
  return undefined;
}
