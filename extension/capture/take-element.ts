import { nameOf, roleOf } from './accessible.ts';
import type { PickedElement } from './collected.ts';
import { maskText } from './find-secrets.ts';
import { type Masked, secretOf } from './masked.ts';
import { privacyOf } from './private-places.ts';
import { placeOf } from './selector.ts';
import { htmlOf, textOf } from './trimmed-html.ts';
import { boxOf } from './walk.ts';

/** Everything that is said of an element, but for what its framework says, which is asked of the page's own world. */
export function takeElement(element: Element): PickedElement {
  const place = placeOf(element);
  const { x, y, width, height } = boxOf(element);
  const role = roleOf(element);
  return {
    id: `${place.frame ?? ''}|${place.selector}`,
    ...place,
    ...(role === undefined ? {} : { role }),
    name: nameIn(element),
    text: textOf(element),
    html: htmlOf(element),
    rect: { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) },
    hints: {},
    note: '',
    without: [],
  };
}

function nameIn(element: Element): Masked {
  const name = nameOf(element).slice(0, 2_000);
  const kind = privacyOf(element);
  if (name === '') return [];
  // A field's name is its label, which is not what is in it.
  return kind === 'private' ? [secretOf(kind, name)] : maskText(name);
}
