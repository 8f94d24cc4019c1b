import { type Found, findSecrets, joined } from './find-secrets.ts';

/** Elements that change how a text looks and not what it is: words go on through them. */
const FORMATTING = /^(b|i|em|strong|span|mark|u|s|small|sub|sup|font|wbr|code|tt|bdi|bdo|ins|del|var|kbd|samp)$/;

/** Whether a text goes on from the one before: only formatting lies between. */
export function goesOn(before: Text, next: Text): boolean {
  return placeOfText(before) === placeOfText(next);
}

function placeOfText(node: Text): Element | null {
  let at = node.parentElement;
  while (at && FORMATTING.test(at.localName)) at = at.parentElement;
  return at;
}

/**
 * What is private in text nodes that follow each other. They are looked through one by one and
 * as one text, since a page may split an address or a number over several. Where one stands whole in its
 * own node, other parts of the page beside it are not taken for its beginning.
 */
export function secretsIn(nodes: readonly Text[]): readonly (readonly Found[])[] {
  return secretsInTexts(
    nodes.map(({ data }) => data),
    (at) => goesOn(nodes[at - 1]!, nodes[at]!),
  );
}

/** The same, of texts. `continues` says of each but the first whether it goes on from the one before. */
export function secretsInTexts(texts: readonly string[], continues: (at: number) => boolean): readonly (readonly Found[])[] {
  const starts: number[] = [];
  let whole = '';
  for (const text of texts) {
    starts.push(whole.length);
    whole += text;
  }
  const own = texts.map((text) => (text.length < 6 ? [] : findSecrets(text)));
  const found: Found[][] = own.map((each) => [...each]);
  let first = 0;
  for (const { from, to, kind } of findSecrets(whole)) {
    while (first + 1 < texts.length && starts[first + 1]! <= from) first++;
    let last = first;
    while (last + 1 < texts.length && starts[last + 1]! < to) last++;
    if (last === first) continue; // found in its own node already
    const isOne = range(first + 1, last).every(continues);
    if (!isOne && range(first, last).some((at) => own[at]!.length > 0)) continue;
    for (const at of range(first, last)) {
      const start = starts[at]!;
      found[at]!.push({ from: Math.max(0, from - start), to: Math.min(texts[at]!.length, to - start), kind });
    }
  }
  return found.map(joined);
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
