import { findSecrets } from './find-secrets.ts';
import { frameOf, ownChildren, type Root } from './walk.ts';

/** Between a shadow host and what is in its root, and between a frame and what is in it. */
const THROUGH = ' >>> ';
const TEST_IDS = ['data-testid', 'data-test-id', 'data-test', 'data-cy', 'data-qa'];
/** Attributes that say what an element is for; a page seldom changes them. */
const NAMES = ['name', 'aria-label', 'for', 'href', 'alt', 'title', 'placeholder', 'src', 'type'];
const MAX_TRIES = 150;
const MAX_ANCESTORS = 40;

/** Where an element is. `frame` are the frames around it, from the outside in. */
export interface Place {
  selector: string;
  frame?: string;
}

/** A short selector that finds this element and no other, made of what people gave it rather than of where it stands. */
export function placeOf(element: Element): Place {
  const frames: string[] = [];
  for (let frame = frameOf(element); frame && frames.length < 10; frame = frameOf(frame)) frames.unshift(throughRoots(frame));
  const selector = throughRoots(element);
  return frames.length === 0 ? { selector } : { selector, frame: frames.join(THROUGH) };
}

/** Finds what `placeOf` named; undefined when it is gone or not the only one. */
export function findPlace({ selector, frame }: Place): Element | undefined {
  let root: Root = document;
  for (const step of frame?.split(THROUGH) ?? []) {
    const inner: Document | null | undefined = (onlyOne(root, step) as HTMLIFrameElement | undefined)?.contentDocument;
    if (!inner) return undefined;
    root = inner;
  }
  const steps = selector.split(THROUGH);
  for (const step of steps.slice(0, -1)) {
    const inner: ShadowRoot | null | undefined = onlyOne(root, step)?.shadowRoot;
    if (!inner) return undefined;
    root = inner;
  }
  return onlyOne(root, steps.at(-1)!);
}

function onlyOne(root: Root, selector: string): Element | undefined {
  const found = root.querySelectorAll(selector);
  return found.length === 1 ? found[0] : undefined;
}

function throughRoots(element: Element): string {
  const root = element.getRootNode() as Root;
  const own = inRoot(element, root);
  return 'host' in root ? `${throughRoots(root.host)}${THROUGH}${own}` : own;
}

function inRoot(element: Element, root: Root): string {
  let tries = 0;
  const finds = (selector: string) => {
    if (++tries > MAX_TRIES) return false;
    const found = root.querySelectorAll(selector);
    return found.length === 1 && found[0] === element;
  };
  const own = wordsFor(element);
  for (const word of own) if (finds(word)) return word;
  // With the nearest ancestor that has a name of its own.
  const path: Element[] = [];
  let at = element.parentElement;
  for (let depth = 0; at && depth < MAX_ANCESTORS; at = at.parentElement, depth++) {
    const around = wordsFor(at).filter((word) => word !== at!.localName);
    for (const outer of around.slice(0, 3)) for (const word of own.slice(0, 4)) if (finds(`${outer} ${word}`)) return `${outer} ${word}`;
    const anchor = around.find((outer) => ++tries <= 2 * MAX_TRIES && root.querySelectorAll(outer).length === 1);
    if (anchor !== undefined) return stepsFrom(anchor, path, element);
    path.unshift(at);
  }
  const whole: Element[] = [];
  for (let up = element.parentElement; up; up = up.parentElement) whole.unshift(up);
  const top = whole.shift();
  if (top !== undefined) return stepsFrom(top.parentNode === element.ownerDocument ? top.localName : stepOf(top), whole, element);
  return stepOf(element);
}

const stepsFrom = (anchor: string, path: readonly Element[], element: Element) =>
  [anchor, ...path.map(stepOf), stepOf(element)].join(' > ');

/** The element among its siblings. */
function stepOf(element: Element): string {
  const name = CSS.escape(element.localName);
  const siblings = [...(element.parentNode ? ownChildren(element.parentNode) : [])].filter(
    (other) => other.localName === element.localName,
  );
  return siblings.length > 1 ? `${name}:nth-of-type(${siblings.indexOf(element) + 1})` : name;
}

/** Selectors that may name an element, the most lasting first, the bare tag last. */
function wordsFor(element: Element): readonly string[] {
  const tag = CSS.escape(element.localName);
  const words: string[] = [];
  for (const name of TEST_IDS) {
    const value = element.getAttribute(name);
    if (value && value.length <= 100) words.push(`[${name}=${quoted(value)}]`);
  }
  // Not `element.id`, which a form answers with its field of that name.
  const id = element.getAttribute('id') ?? '';
  if (id !== '' && isLasting(id)) words.push(`#${CSS.escape(id)}`);
  const role = element.getAttribute('role');
  const label = element.getAttribute('aria-label');
  if (role && label && isPlain(label)) words.push(`[role=${quoted(role)}][aria-label=${quoted(label)}]`);
  for (const name of NAMES) {
    const value = element.getAttribute(name);
    if (value && isPlain(value)) words.push(`${tag}[${name}=${quoted(value)}]`);
  }
  const classes = [...element.classList].filter(isLasting).slice(0, 4);
  for (const each of classes) words.push(`${tag}.${CSS.escape(each)}`);
  if (classes.length > 1) words.push(tag + classes.map((each) => `.${CSS.escape(each)}`).join(''));
  if (role) words.push(`${tag}[role=${quoted(role)}]`);
  // A selector is sent as it is: one that holds something private is no selector.
  return [...words.filter((word) => findSecrets(word).length === 0), tag];
}

const quoted = (value: string) =>
  `"${value.replace(/["\\]/g, '\\$&').replace(/[\n\r\f]/g, (char) => `\\${char.charCodeAt(0).toString(16)} `)}"`;

/** Short, and without anything that could be somebody's. */
const isPlain = (value: string) => value.length <= 60 && !/\d{4}|@|[?&]\w+=|data:|blob:/.test(value);

/** Whether a name looks like one a person gave: words, perhaps with a small number, and no hash. */
function isLasting(name: string): boolean {
  if (name.length > 60 || !/^[A-Za-z][\w-]*$/.test(name)) return false;
  if (/^(radix|headlessui|react-aria|mui|ember|ng|css|sc|jss|emotion|svelte|astro|v)-|^data-v-|^:r|^__/.test(name)) return false;
  return name
    .split(/[-_]|(?<=[a-z])(?=[A-Z])/)
    .every(
      (part) => /^[A-Za-z]*\d{0,2}$/.test(part) && !/[bcdfghjklmnpqrstvwxz]{5}/i.test(part) && !/[a-z][A-Z]{1,2}[a-z]?[A-Z]/.test(part),
    );
}
