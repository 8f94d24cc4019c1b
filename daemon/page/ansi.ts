import { caretOf } from '#shared/ui/visible-text.ts';

/**
 * Terminal output as lines of styled text. Colours and weights (SGR) become class
 * names, every other control sequence is dropped, and text that a terminal
 * would have hidden (overwritten, erased, inside a string sequence) is kept and flagged: no
 * control character comes out, and nothing that was printed is lost from sight.
 */

export interface LogSpan {
  text: string;
  /** Space-separated classes, '' for plain text. */
  style: string;
}

export interface LogLine {
  spans: LogSpan[];
  /** What a terminal would not have shown of this line. */
  hidden: string;
}

/** Reads chunks, however they are cut, and grows `lines`; the last line may still change. */
export interface AnsiReader {
  readonly lines: LogLine[];
  write(chunk: string): void;
}

const LINE_LIMIT = 4_000; // a longer line is broken, so that one line cannot stop the page
const HIDDEN_LIMIT = 2_000;
const SEQUENCE_LIMIT = 4_096; // an unfinished sequence may not swallow the log

type Mode = 'text' | 'escape' | 'csi' | 'string' | 'string_escape' | 'charset';

interface Style {
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
  fg: string;
  bg: string;
}

const PLAIN: Style = { bold: false, dim: false, italic: false, underline: false, strike: false, inverse: false, fg: '', bg: '' };

/** Starts reading at plain text on an empty line. */
export function openAnsi(): AnsiReader {
  const lines: LogLine[] = [];
  let line: LogLine | undefined;
  let length = 0;
  let style = { ...PLAIN };
  let classes = '';
  let mode: Mode = 'text';
  let pending = '';
  let returned = false;

  function current(): LogLine {
    if (!line) {
      line = { spans: [], hidden: '' };
      length = 0;
      lines.push(line);
    }
    return line;
  }

  function hide(text: string): void {
    const trimmed = text.trim();
    const to = current();
    if (trimmed === '' || to.hidden.length >= HIDDEN_LIMIT) return;
    to.hidden = `${to.hidden}${to.hidden === '' ? '' : ' ⏎ '}${trimmed}`.slice(0, HIDDEN_LIMIT);
  }

  function conceal(): void {
    const to = current();
    hide(to.spans.map((span) => span.text).join(''));
    to.spans = [];
    length = 0;
  }

  function put(text: string): void {
    if (text === '') return;
    if (returned) {
      returned = false;
      conceal();
    }
    let rest = text;
    while (rest !== '') {
      const to = current();
      const part = rest.slice(0, LINE_LIMIT - length);
      rest = rest.slice(part.length);
      const last = to.spans.at(-1);
      if (last && last.style === classes) last.text += part;
      else to.spans.push({ text: part, style: classes });
      length += part.length;
      if (length >= LINE_LIMIT) line = undefined;
    }
  }

  function endLine(): void {
    current();
    line = undefined;
    returned = false;
  }

  /** Answers whether the character was consumed. */
  function step(character: string): void {
    const code = character.charCodeAt(0);
    switch (mode) {
      case 'text':
        if (code === 0x1b) mode = 'escape';
        else if (code === 0x9b) startSequence('csi');
        else if (code === 0x90 || code === 0x98 || (code >= 0x9d && code <= 0x9f)) startSequence('string');
        else if (code === 0x0a) endLine();
        else if (code === 0x0d) returned = true;
        else if (code === 0x09) put('\t');
        else if (code < 0x20 || code === 0x7f) put(caretOf(code));
        else if (code >= 0x80 && code < 0xa0) put(`⟨U+00${code.toString(16).toUpperCase()}⟩`);
        return;
      case 'escape':
        mode = 'text';
        if (character === '[') startSequence('csi');
        else if (character === ']' || character === 'P' || character === 'X' || character === '^' || character === '_')
          startSequence('string');
        else if ('()*+-./#% '.includes(character)) mode = 'charset';
        else if (character === 'c') style = { ...PLAIN };
        else if (code < 0x20 || code >= 0x7f) step(character);
        classes = classNames(style);
        return;
      case 'charset':
        mode = 'text';
        if (code < 0x20) step(character);
        return;
      case 'csi':
        if (code >= 0x40 && code <= 0x7e) endCsi(character);
        else if (code === 0x1b) mode = 'escape';
        else if (code < 0x20 || code > 0x7e || pending.length >= 64) {
          mode = 'text';
          step(character);
        } else pending += character;
        return;
      case 'string':
        if (code === 0x07 || code === 0x9c) endString();
        else if (code === 0x1b) mode = 'string_escape';
        else if (code === 0x0a || pending.length >= SEQUENCE_LIMIT) {
          endString();
          step(character);
        } else pending += character;
        return;
      case 'string_escape':
        endString();
        if (character !== '\\') {
          mode = 'escape';
          step(character);
        }
        return;
    }
  }

  function startSequence(next: 'csi' | 'string'): void {
    mode = next;
    pending = '';
  }

  function endString(): void {
    mode = 'text';
    hide(printable(pending));
    pending = '';
  }

  function endCsi(final: string): void {
    mode = 'text';
    if (final === 'm' && /^[0-9;:]*$/.test(pending)) {
      style = applySgr(style, pending);
      classes = classNames(style);
    } else if ((final === 'K' && pending !== '' && pending !== '0') || final === 'J' || (final === 'K' && returned)) {
      returned = false;
      conceal();
    } else if ('ADFGHf'.includes(final) && line && length > 0) {
      returned = true;
    }
    pending = '';
  }

  return {
    lines,
    write(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (mode === 'text') {
          let end = at;
          while (end < chunk.length && isText(chunk.charCodeAt(end))) end += 1;
          put(chunk.slice(at, end));
          at = end;
          if (at >= chunk.length) break;
        }
        step(chunk[at]!);
        at += 1;
      }
    },
  };
}

function isText(code: number): boolean {
  return code >= 0x20 && code !== 0x7f && !(code >= 0x80 && code < 0xa0);
}

function printable(text: string): string {
  return text.replaceAll(/[\0-\x1f\x7f-\x9f]/g, ' ');
}

const BASIC = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** The nearest of the eight colours, so that any colour is one of our classes and readable in both themes. */
function nearest(red: number, green: number, blue: number): string {
  const high = Math.max(red, green, blue);
  if (high < 64) return 'black';
  const floor = high * 0.6;
  return BASIC[(red > floor ? 1 : 0) + (green > floor ? 2 : 0) + (blue > floor ? 4 : 0)]!;
}

function indexed(index: number): string {
  if (index < 16) return BASIC[index % 8]!;
  if (index >= 232) return index < 240 ? 'black' : 'white';
  const cube = index - 16;
  return nearest(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

function applySgr(from: Style, parameters: string): Style {
  const style = { ...from };
  const codes = parameters === '' ? [0] : parameters.split(/[;:]/).map((part) => (part === '' ? 0 : Number(part)));
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) Object.assign(style, PLAIN);
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 9) style.strike = true;
    else if (code === 22) {
      style.bold = false;
      style.dim = false;
    } else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.inverse = false;
    else if (code === 29) style.strike = false;
    else if (code === 39) style.fg = '';
    else if (code === 49) style.bg = '';
    else if (code >= 30 && code <= 37) style.fg = BASIC[code - 30]!;
    else if (code >= 40 && code <= 47) style.bg = BASIC[code - 40]!;
    else if (code >= 90 && code <= 97) style.fg = BASIC[code - 90]!;
    else if (code >= 100 && code <= 107) style.bg = BASIC[code - 100]!;
    else if (code === 38 || code === 48) {
      const wide = codes[i + 1] === 2;
      const colour = wide ? nearest(codes[i + 2] ?? 0, codes[i + 3] ?? 0, codes[i + 4] ?? 0) : indexed(codes[i + 2] ?? 0);
      if (code === 38) style.fg = colour;
      else style.bg = colour;
      i += wide ? 4 : 2;
    }
    // 8 (conceal) is left out on purpose: hidden text is shown.
  }
  return style;
}

function classNames(style: Style): string {
  const names: string[] = [];
  if (style.bold) names.push('sgr-bold');
  if (style.dim) names.push('sgr-dim');
  if (style.italic) names.push('sgr-italic');
  if (style.underline) names.push('sgr-underline');
  if (style.strike) names.push('sgr-strike');
  if (style.inverse) names.push('sgr-inverse');
  if (style.fg !== '') names.push(`sgr-fg-${style.fg}`);
  // Text in the colour of its ground would be hidden.
  if (style.bg !== '' && style.bg !== style.fg) names.push(`sgr-bg-${style.bg}`);
  return names.join(' ');
}
