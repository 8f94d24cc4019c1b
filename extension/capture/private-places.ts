import type { SecretKind } from './masked.ts';
import { parentOf } from './walk.ts';

/** Marks that sites use to keep something out of recordings: ours first, then those of the replay tools. */
const PRIVATE =
  '[data-private],[data-sensitive],[data-sentry-mask],[data-sentry-block],[data-dd-privacy^="mask"],[data-dd-privacy="hidden"],[data-hj-suppress],[data-recording-sensitive],[data-openreplay-masked],[data-openreplay-obscured],.sentry-mask,.sentry-block,.ph-no-capture,.fs-mask,.fs-exclude,.rr-mask,.rr-block';
/** Inputs that hold no words of the person. */
const LABELS = new Set(['button', 'submit', 'reset', 'image']);
const STATES = new Set(['checkbox', 'radio', 'range', 'color', 'hidden']);

/** Why what an element holds is private, judged by the element and by what is around it. */
export function privacyOf(element: Element): SecretKind | undefined {
  const own = fieldKind(element);
  if (own === 'password' || own === 'card') return own;
  for (let at: Element | undefined = element, depth = 0; at && depth < 200; at = parentOf(at), depth++) if (isMarked(at)) return 'private';
  return own;
}

/** Whether the page itself marks this element as one to keep out of recordings. */
export const isMarked = (element: Element): boolean => element.hasAttributes() && element.matches(PRIVATE);

/** What kind of private thing a field holds; undefined for what is no field. */
export function fieldKind(element: Element): SecretKind | undefined {
  const { localName } = element;
  const completes = element.getAttribute('autocomplete') ?? '';
  if (/(^|\s)cc-/i.test(completes)) return 'card';
  if (/password|one-time-code/i.test(completes)) return 'password';
  if (localName === 'input') {
    const type = (element.getAttribute('type') ?? 'text').toLowerCase();
    if (type === 'password') return 'password';
    return LABELS.has(type) ? undefined : 'field';
  }
  if (localName === 'textarea' || localName === 'select') return 'field';
  const editable = element.getAttribute('contenteditable');
  return (editable !== null && editable !== 'false') || element.getAttribute('role') === 'textbox' ? 'field' : undefined;
}

/** What of a field a picture shows; undefined when it shows nothing of the person's. */
export function shownValue(element: Element): string | undefined {
  const { localName } = element;
  if (localName === 'input') {
    if (STATES.has((element as HTMLInputElement).type)) return undefined;
    return (element as HTMLInputElement).value || undefined;
  }
  if (localName === 'textarea') return (element as HTMLTextAreaElement).value || undefined;
  if (localName === 'select') {
    const { selectedOptions } = element as HTMLSelectElement;
    return [...selectedOptions].map(({ text }) => text).join(', ') || undefined;
  }
  return element.textContent?.trim() || undefined;
}

/** Words that an input shows without being a text of the page or a value: a button's label, an empty field's hint. */
export function shownLabel(element: Element): string | undefined {
  if (element.localName !== 'input' && element.localName !== 'textarea') return undefined;
  const isButton = LABELS.has((element as HTMLInputElement).type);
  return (isButton ? (element as HTMLInputElement).value : element.getAttribute('placeholder')) || undefined;
}
