import { privacyOf } from './private-places.ts';
import { goesOn } from './private-text.ts';

/** Roles that elements have without saying so. */
const ROLES: Readonly<Record<string, string>> = {
  a: 'link',
  article: 'article',
  aside: 'complementary',
  button: 'button',
  dialog: 'dialog',
  fieldset: 'group',
  figure: 'figure',
  footer: 'contentinfo',
  form: 'form',
  h1: 'heading',
  h2: 'heading',
  h3: 'heading',
  h4: 'heading',
  h5: 'heading',
  h6: 'heading',
  header: 'banner',
  hr: 'separator',
  img: 'img',
  li: 'listitem',
  main: 'main',
  nav: 'navigation',
  ol: 'list',
  option: 'option',
  p: 'paragraph',
  progress: 'progressbar',
  section: 'region',
  select: 'combobox',
  summary: 'button',
  table: 'table',
  tbody: 'rowgroup',
  td: 'cell',
  textarea: 'textbox',
  th: 'columnheader',
  tr: 'row',
  ul: 'list',
};
const INPUT_ROLES: Readonly<Record<string, string>> = {
  button: 'button',
  checkbox: 'checkbox',
  image: 'button',
  number: 'spinbutton',
  radio: 'radio',
  range: 'slider',
  reset: 'button',
  search: 'searchbox',
  submit: 'button',
};
/** Roles that are named by what is in them. */
const BY_CONTENT = new Set([
  'button',
  'cell',
  'checkbox',
  'columnheader',
  'heading',
  'link',
  'menuitem',
  'option',
  'radio',
  'row',
  'switch',
  'tab',
  'treeitem',
]);

/** The role that assistive technology hears. */
export function roleOf(element: Element): string | undefined {
  const said = element.getAttribute('role')?.trim().split(/\s+/)[0];
  if (said) return said.slice(0, 100);
  const { localName } = element;
  if (localName === 'a' && !element.hasAttribute('href')) return undefined;
  if (localName === 'input') return INPUT_ROLES[(element.getAttribute('type') ?? '').toLowerCase()] ?? 'textbox';
  return Object.hasOwn(ROLES, localName) ? ROLES[localName] : undefined;
}

/** The name that assistive technology hears, in the parts that count on pages; never the value of a field. */
export function nameOf(element: Element): string {
  return (
    [...names(element)]
      .map((text) =>
        text
          .replace(/[\u200b-\u200d\u2060\ufeff]/g, '')
          .replace(/\s+/g, ' ')
          .trim(),
      )
      .find((text) => text !== '') ?? ''
  );
}

function* names(element: Element): Generator<string> {
  const root = element.getRootNode() as Document | ShadowRoot;
  const ids = (element.getAttribute('aria-labelledby') ?? '')
    .split(/\s+/)
    .filter((id) => id !== '')
    .slice(0, 10);
  yield ids.map((id) => publicText(root.getElementById?.(id))).join(' ');
  yield element.getAttribute('aria-label') ?? '';
  // Not of a form, which answers with its field of that name.
  const labels = element.localName === 'form' ? undefined : (element as Partial<HTMLInputElement>).labels;
  if (labels) yield [...labels].slice(0, 5).map(publicText).join(' ');
  yield element.getAttribute('alt') ?? '';
  if (element.localName === 'input' && /^(submit|button|reset)$/i.test(element.getAttribute('type') ?? ''))
    yield element.getAttribute('value') ?? '';
  const caption = { fieldset: 'legend', table: 'caption', figure: 'figcaption' }[element.localName];
  if (caption !== undefined) yield publicText(element.querySelector(`:scope > ${caption}`));
  if (BY_CONTENT.has(roleOf(element) ?? '')) {
    const text = publicText(element);
    yield text.trim() === '' ? (element.querySelector('[alt],[aria-label],title')?.getAttribute('alt') ?? '') : text;
  }
  yield element.getAttribute('title') ?? '';
  yield element.getAttribute('placeholder') ?? '';
}

/** Text of an element without what is in fields or marked as private. */
function publicText(element: Element | null | undefined): string {
  if (!element) return '';
  const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let text = '';
  let before: Text | undefined;
  for (let seen = 0; seen < 200 && text.length < 2_000 && walker.nextNode(); seen++) {
    const node = walker.currentNode as Text;
    if (node.data.trim() !== '' && node.parentElement && privacyOf(node.parentElement) === undefined) {
      text += (before && !goesOn(before, node) ? ' ' : '') + node.data;
      before = node;
    }
  }
  return text;
}
