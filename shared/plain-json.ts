/** What breaks a line, turns writing round, is not seen, or is an order to a terminal, beyond what JSON escapes itself. */
const UNSEEN = /[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** JSON that whoever reads lines, and a terminal too, takes for text and nothing else. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
