/**
 * What the demo model makes of a task: one of a handful of edits with its words, or nothing.
 * @typedef {{ kind: 'headline', text: string } | { kind: 'accent', colour: string, name: string } | { kind: 'footer', text: string }
 *   | { kind: 'page', path: string, title: string } | { kind: 'order', by: 'price' | 'name' } | { kind: 'phone' } | { kind: 'break' }
 *   | { kind: 'missing', what: string } | { kind: 'unknown' }} Request
 */

/** Dark enough for white text on top of them. @type {Record<string, string>} */
const COLOURS = {
  green: '#2f6f4e',
  teal: '#0f6b6b',
  blue: '#2a5d9f',
  navy: '#27407a',
  purple: '#6b4aa0',
  violet: '#6b4aa0',
  plum: '#7a3b69',
  pink: '#a83a72',
  red: '#ad352b',
  orange: '#a8520f',
  brown: '#75533a',
  gold: '#85640f',
  grey: '#565e59',
  gray: '#565e59',
  black: '#222824',
};

const MAX_TEXT = 120;
const TAKEN = ['/healthz', '/style.css'];

/**
 * Plain pattern matching, in a fixed order; nothing is guessed.
 * @param {string} task
 * @returns {Request}
 */
export function understand(task) {
  const words = task.replace(/\s+/g, ' ').trim();
  if (/\bbreak\b.*\b(tests?|checks?)\b|\bfailing (change|test|check)\b/i.test(words)) return { kind: 'break' };
  if (/\bphone\b/i.test(words) && /\b(field|number|form|contact|ask)\b/i.test(words)) return { kind: 'phone' };
  if (/\b(sort|order)\b.*\bplants?\b|\bplants?\b.*\b(sort|order)/i.test(words)) return readOrder(words);
  if (/\b(add|create|make|new)\b.*\bpage\b/i.test(words) && !/\b(headline|footer|colou?r)\b/i.test(words)) return readPage(words);
  if (/\bfooter\b/i.test(words)) return readText(words, 'footer', 'the line for the footer');
  if (/\b(accent|colou?rs?|theme)\b/i.test(words)) return readColour(words);
  if (/\b(headline|heading|hero)\b/i.test(words)) return readText(words, 'headline', 'the new headline');
  return { kind: 'unknown' };
}

/** @param {string} words @param {'headline' | 'footer'} kind @param {string} what @returns {Request} */
function readText(words, kind, what) {
  const text = quoted(words);
  return text === undefined ? { kind: 'missing', what: `${what}, in quotation marks` } : { kind, text };
}

/** @param {string} words @returns {Request} */
function readColour(words) {
  const hex = /#(?:[0-9a-f]{6}|[0-9a-f]{3})\b/i.exec(words)?.[0]?.toLowerCase();
  if (hex !== undefined) return { kind: 'accent', colour: hex, name: hex };
  const name = Object.keys(COLOURS).find((colour) => new RegExp(`\\b${colour}\\b`, 'i').test(words));
  if (name === undefined) return { kind: 'missing', what: `a colour I know (${Object.keys(COLOURS).join(', ')}, or like #7a3b69)` };
  return { kind: 'accent', colour: COLOURS[name] ?? '', name };
}

/** @param {string} words @returns {Request} */
function readPage(words) {
  const path = /(?:^|\s)(\/[a-z0-9][a-z0-9-]{0,40})(?=[\s.,;:!?"”]|$)/i.exec(words)?.[1]?.toLowerCase();
  if (path === undefined || TAKEN.includes(path)) return { kind: 'missing', what: 'the address of the page, one word like /delivery' };
  const name = path.slice(1).replaceAll('-', ' ');
  return { kind: 'page', path, title: quoted(words) ?? name.charAt(0).toUpperCase() + name.slice(1) };
}

/** @param {string} words @returns {Request} */
function readOrder(words) {
  if (/\b(price|cheap\w*|cost)\b/i.test(words)) return { kind: 'order', by: 'price' };
  if (/\b(names?|alphabet\w*)\b/i.test(words)) return { kind: 'order', by: 'name' };
  return { kind: 'missing', what: 'what to sort the plants by: price or name' };
}

/** The first text in quotation marks, if it is not too long. @param {string} words @returns {string | undefined} */
function quoted(words) {
  const match = /["“«](.+?)["”»]/.exec(words) ?? /(?:^|\s)['‘](.+?)['’](?=[\s.,;:!?]|$)/.exec(words);
  const text = match?.[1]?.trim();
  return text !== undefined && text !== '' && text.length <= MAX_TEXT ? text : undefined;
}
