/**
 * Text that an agent or a page wrote, cut so that nothing in it stays unseen
 * (Trojan Source: bidi controls, zero-width and control characters, tag characters).
 */

export interface TextPiece {
  text: string;
  /** Set when `text` is a stand-in for a character that would not be seen; says which. */
  mark?: string;
}

/** Code points that leave no mark of their own: first and last of each range. */
const UNSEEN_RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x08], // controls, but not the tab
  [0x0a, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad], // soft hyphen
  [0x34f, 0x34f], // combining grapheme joiner
  [0x61c, 0x61c], // Arabic letter mark
  [0x115f, 0x1160], // Hangul fillers
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f], // zero-width, direction marks
  [0x2028, 0x202e], // separators, bidi embeddings and overrides
  [0x2060, 0x206f], // joiners, bidi isolates
  [0x3164, 0x3164],
  [0xd800, 0xdfff], // halves of a pair
  [0xfe00, 0xfe0e], // variation selectors but the one that makes an emoji
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xe0000, 0xe0fff], // tags, further variation selectors
];

const UNSEEN = new RegExp(`[${UNSEEN_RANGES.map(([from, to]) => `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`).join('')}]`, 'u');

const NAMES: Readonly<Record<number, string>> = {
  173: 'soft hyphen',
  8203: 'zero-width space',
  8204: 'zero-width non-joiner',
  8205: 'zero-width joiner',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'pop directional formatting',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8288: 'word joiner',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'pop directional isolate',
  65279: 'byte order mark',
};

/** A control character as terminals name it, for example `^G`. */
export function caretOf(code: number): string {
  return `^${String.fromCharCode(code ^ 0x40)}`;
}

function standIn(character: string): TextPiece {
  const code = character.codePointAt(0)!;
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  if (code < 0x20 || code === 0x7f) return { text: caretOf(code), mark: `${hex} control character` };
  return { text: `⟨${hex}⟩`, mark: NAMES[code] ? `${hex} ${NAMES[code]}` : `${hex} invisible character` };
}

/** Whether the text holds a character that would not be seen. */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text);
}

/** The text in pieces, each unseen character replaced by a visible, named stand-in. Line breaks inside count as unseen. */
export function visiblePieces(text: string): TextPiece[] {
  if (!UNSEEN.test(text)) return text === '' ? [] : [{ text }];
  const pieces: TextPiece[] = [];
  let plain = '';
  for (const character of text) {
    if (!UNSEEN.test(character)) {
      plain += character;
      continue;
    }
    if (plain !== '') pieces.push({ text: plain });
    plain = '';
    pieces.push(standIn(character));
  }
  if (plain !== '') pieces.push({ text: plain });
  return pieces;
}

/** The same as one string, for titles and labels. */
export function visibleString(text: string): string {
  return visiblePieces(text)
    .map((piece) => piece.text)
    .join('');
}
