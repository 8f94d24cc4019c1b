import { type Found, findSecrets, joined } from './find-secrets.ts';

/**
 * What is private in text nodes that follow each other. They are looked through one by one and
 * as one text, since a page may split an address or a number over several.
 */
export function secretsInNodes(texts: readonly string[]): readonly (readonly Found[])[] {
  const starts: number[] = [];
  let whole = '';
  for (const text of texts) {
    starts.push(whole.length);
    whole += text;
  }
  const across = findSecrets(whole);
  let next = 0;
  return texts.map((text, at) => {
    const start = starts[at]!;
    const end = start + text.length;
    while (next < across.length && across[next]!.to <= start) next++;
    const cut: Found[] = [];
    for (let i = next; i < across.length && across[i]!.from < end; i++) {
      const { from, to, kind } = across[i]!;
      cut.push({ from: Math.max(0, from - start), to: Math.min(text.length, to - start), kind });
    }
    const own = text.length < 6 ? [] : findSecrets(text);
    return joined([...own, ...cut]);
  });
}
