import { type Masked, type SecretKind, secretOf } from './masked.ts';

/** Where in a text something private stands. */
export interface Found {
  from: number;
  to: number;
  kind: SecretKind;
}

// No repetition without an upper bound: the text is a page's, and may have been made to take long.
// biome-ignore format: a table is read by column
const SHAPES: readonly { kind: SecretKind; shape: RegExp; group?: number }[] = [
  { kind: 'email', shape: /[\p{L}\p{N}._%+'-]{1,64}(?:@|%40|&#64;|\uff20)(?:[\p{L}\p{N}](?:[\p{L}\p{N}%-]{0,61}[\p{L}\p{N}])?\.){1,8}[\p{L}]{2,24}/giu },
  { kind: 'token', shape: /eyJ[A-Za-z0-9_-]{6,600}\.[A-Za-z0-9_-]{4,8000}(?:\.[A-Za-z0-9_-]{0,2000})?/g },
  { kind: 'token', shape: /(?:AKIA|ASIA)[0-9A-Z]{16}/g },
  { kind: 'token', shape: /gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,64}/g },
  { kind: 'token', shape: /(?:sk|pk|rk|whsec)[-_](?:live_|test_|proj-|ant-|svcacct-)?[A-Za-z0-9_-]{16,250}/g },
  { kind: 'token', shape: /xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-[A-Za-z0-9-]{10,250}/g },
  { kind: 'token', shape: /AIza[0-9A-Za-z_-]{30,60}|ya29\.[0-9A-Za-z_-]{20,500}|npm_[A-Za-z0-9]{30,50}|SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,80}/g },
  { kind: 'token', shape: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,10000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g },
  { kind: 'token', shape: /(?:bearer|basic)[ \t]{1,4}([A-Za-z0-9._~+/=-]{12,4000})/gi, group: 1 },
  { kind: 'token', shape: /(?:password|passwd|secret|api[-_ ]?key|access[-_ ]?token|auth[-_ ]?token|csrf[-_ ]?token|session[-_ ]?id|otp)["']?[ \t]{0,4}[:=][ \t]{0,4}["']?([^\s"'<>&,;]{4,500})/gi, group: 1 },
  { kind: 'password', shape: /[a-z][a-z0-9+.-]{1,30}:\/\/[^/\s:@'"]{1,64}:([^/\s:@'"]{1,128})@/gi, group: 1 },
];

/** Runs of 13 to 19 digits, as cards are written: in one, or in groups with a space, a dash or a dot between; in an address too. */
const CARD = /(?<!\d)(?:\d(?:[ \u00a0.+-]|%20)?){12,18}\d(?!\d)/g;
/** Long runs without a space that mix kinds of characters: what hashes, keys and session ids look like. */
const DENSE = /[A-Za-z0-9_+/=-]{24,4000}/g;
/** The same in an address, where a slash ends a name and `=` a parameter's. */
const DENSE_IN_LINK = /[A-Za-z0-9_+-]{24,4000}/g;
/** How apps number what they keep (RFC 9562). In a path it says which page this is. */
const RECORD = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Characters that are not seen: what they stand in the middle of is still one. */
const UNSEEN = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;

/** The private parts of a text, in order, none overlapping. Linear in its length. */
export function findSecrets(text: string, find: (seen: string) => readonly Found[] = findInText): readonly Found[] {
  const seen = text.replace(UNSEEN, '');
  if (seen.length === text.length) return find(text);
  const places: number[] = [];
  for (let at = 0; at < text.length; at++) if (text.slice(at, at + 1).search(UNSEEN) === -1) places.push(at);
  return find(seen).map(({ from, to, kind }) => ({ from: places[from]!, to: places[to - 1]! + 1, kind }));
}

function findInText(text: string): readonly Found[] {
  const found = findShapes(text);
  for (const match of text.matchAll(DENSE)) if (looksRandom(match[0])) found.push(spanOf(match, 'token'));
  return joined(found);
}

/** The private parts of an address: what looks random is judged by the segment, and its origin is left as it is. */
function findInLink(link: string): readonly Found[] {
  const found = findShapes(link);
  const origin = /^[a-z][a-z0-9+.-]{0,30}:\/\/[^/?#]*/i.exec(link)?.[0].length ?? 0;
  const pathEnd = link.search(/[?#]|$/);
  for (const match of link.matchAll(DENSE_IN_LINK)) {
    if (match.index < origin || (match.index < pathEnd && isPathName(match[0]))) continue;
    if (looksRandom(match[0])) found.push(spanOf(match, 'token'));
  }
  return joined(found);
}

/** Words and numbers with dashes between, or the number of a record: which page it is, and nobody's secret. */
const isPathName = (segment: string) =>
  RECORD.test(segment) || segment.split(/[-_+]/).every((part) => /^(?:[A-Za-z]*|\d{1,8})$/.test(part));

function findShapes(text: string): Found[] {
  const found: Found[] = [];
  for (const { kind, shape, group } of SHAPES) {
    for (const match of text.matchAll(shape)) {
      const value = group === undefined ? match[0] : match[group]!;
      const from = match.index + (group === undefined ? 0 : match[0].lastIndexOf(value));
      found.push({ from, to: from + value.length, kind });
    }
  }
  for (const match of text.matchAll(CARD)) if (isCard(match[0])) found.push(spanOf(match, 'card'));
  return found;
}

const spanOf = (match: RegExpExecArray, kind: SecretKind): Found => ({ from: match.index, to: match.index + match[0].length, kind });

/** Overlapping finds as one, of the kind that began first. */
export function joined(found: readonly Found[]): readonly Found[] {
  const out: Found[] = [];
  for (const next of [...found].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = out.at(-1);
    if (last !== undefined && next.from < last.to) out[out.length - 1] = { ...last, to: Math.max(last.to, next.to) };
    else if (next.to > next.from) out.push(next);
  }
  return out;
}

/** Luhn's check, which one in ten numbers passes by chance. */
function isCard(text: string): boolean {
  const digits = text.replace(/%20|\D/g, '');
  if (digits.length < 13 || digits.length > 19 || /^(\d)\1+$/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Letters and digits changing places often, as no name of a class, file or person does. */
function looksRandom(run: string): boolean {
  if (!/\d/.test(run) || !/[A-Za-z]/.test(run)) return false;
  const hex = /^[0-9a-f]+$/i.test(run);
  if (hex) return run.length >= 32;
  let changes = 0;
  for (let at = 1; at < run.length; at++) if (kindOf(run[at - 1]!) !== kindOf(run[at]!)) changes++;
  return changes >= run.length / 3.5;
}

function kindOf(char: string): 'digit' | 'upper' | 'lower' | 'other' {
  if (char >= '0' && char <= '9') return 'digit';
  if (char >= 'A' && char <= 'Z') return 'upper';
  return char >= 'a' && char <= 'z' ? 'lower' : 'other';
}

/** A text with its private parts known. */
export function maskText(text: string, also: readonly Found[] = []): Masked {
  return masked(text, joined([...findSecrets(text), ...also]));
}

/** An address with its private parts known: what of it is none still says which page it is. */
export function maskLink(link: string): Masked {
  return masked(link, findSecrets(link, findInLink));
}

function masked(text: string, found: readonly Found[]): Masked {
  const pieces: (string | ReturnType<typeof secretOf>)[] = [];
  let at = 0;
  for (const { from, to, kind } of found) {
    if (from > at) pieces.push(text.slice(at, from));
    pieces.push(secretOf(kind, text.slice(from, to)));
    at = to;
  }
  if (at < text.length) pieces.push(text.slice(at));
  return pieces;
}
