import type { Collected } from './collected.ts';
import { type Secret, type SecretKind, secretOf, secretsOf } from './masked.ts';

/** Everything private in what was taken, each once, with where it stands. */
export interface SecretEntry {
  secret: Secret;
  inText: boolean;
  inPicture: boolean;
}

export function secretsIn(collected: Collected): readonly SecretEntry[] {
  const { url, title, elements, console, failedRequests, pictures, switches } = collected;
  const texts = [url, ...(switches.title ? [title] : [])];
  for (const { name, text, html, hints, without } of elements) {
    if (!without.includes('name')) texts.push(name);
    if (!without.includes('text')) texts.push(text);
    if (!without.includes('html')) texts.push(html);
    if (!without.includes('hints')) texts.push(...Object.values(hints));
  }
  if (switches.console) texts.push(...console);
  if (switches.failedRequests) texts.push(...failedRequests);
  const found = new Map<string, SecretEntry>();
  for (const secret of secretsOf(...texts)) found.set(secret.id, { secret, inText: true, inPicture: false });
  for (const { marks, isOff, crop } of pictures) {
    if (isOff) continue;
    for (const mark of marks) {
      if (mark.kind !== 'cover' || mark.secret === undefined) continue;
      const { x, y, width, height } = mark.box;
      if (x > crop.x + crop.width || y > crop.y + crop.height || x + width < crop.x || y + height < crop.y) continue;
      const [kind, ...value] = mark.secret.split(':');
      const entry = found.get(mark.secret) ?? { secret: secretOf(kind as SecretKind, value.join(':')), inText: false, inPicture: false };
      found.set(mark.secret, { ...entry, inPicture: true });
    }
  }
  return [...found.values()];
}

/** Enough of a value to know it by; of a password nothing. */
export function glimpseOf({ kind, value }: Secret): string {
  if (value === '') return 'a part of the page';
  if (kind === 'frame') return URL.parse(value)?.host || 'another site';
  if (kind === 'password' || kind === 'card' || kind === 'token') return `${'•'.repeat(8)}${kind === 'card' ? value.slice(-4) : ''}`;
  const text = value.replace(/\s+/g, ' ').trim();
  return text.length <= 3 ? '•'.repeat(text.length) : `${text.slice(0, 2)}${'•'.repeat(Math.min(8, text.length - 2))}`;
}
