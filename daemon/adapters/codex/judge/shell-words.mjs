/**
 * Words of a shell: quotes, escapes and substitutions. What a substitution runs is read as commands by the subclass.
 *
 * @typedef {{ text: string | undefined, bare: boolean }} Word `text` is undefined where only the shell could know it; `bare` has no quotes.
 */

const MAX_DEPTH = 40;
const ESCAPES = /** @type {Record<string, string>} */ ({ n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', e: '\x1b', f: '\f', v: '\v' });

/** The script ends in the middle of something, or uses what is not understood. */
export class Unreadable extends Error {}

export class WordReader {
  /** @param {string} source */
  constructor(source) {
    this.source = source;
    this.at = 0;
    this.depth = 0;
  }

  /**
   * Reads commands up to the end, a closing parenthesis, or the end of a case's branch.
   * @param {'end' | ')' | 'branch'} _until
   * @returns {void}
   */
  list(_until) {
    this.fail('commands, which words alone do not have');
  }

  /**
   * Reads another text; what it starts counts here too.
   * @param {string} text
   * @param {(inside: WordReader) => void} read
   * @returns {void}
   */
  inner(text, read) {
    read(new WordReader(text));
  }

  /** @param {string} why @returns {never} */
  fail(why) {
    throw new Unreadable(why);
  }

  deeper() {
    if (++this.depth > MAX_DEPTH) this.fail('nesting that is too deep');
  }

  /** The next character. */
  peek() {
    return this.source[this.at];
  }

  /** @param {string} text */
  starts(text) {
    return this.source.startsWith(text, this.at);
  }

  /** What a sticky expression finds here. @param {RegExp} expression */
  here(expression) {
    expression.lastIndex = this.at;
    return expression.exec(this.source);
  }

  /** Blanks, continued lines and comments. */
  blanks() {
    for (;;) {
      if (this.starts('\\\n')) this.at += 2;
      else if (this.peek() === ' ' || this.peek() === '\t' || this.peek() === '\r') this.at++;
      else if (this.peek() === '#' && (this.at === 0 || /[\s;&|()]/.test(this.source[this.at - 1] ?? ''))) {
        const end = this.source.indexOf('\n', this.at);
        this.at = end < 0 ? this.source.length : end;
      } else return;
    }
  }

  /** Blanks and new lines. */
  space() {
    this.blanks();
    while (this.peek() === '\n') {
      this.at++;
      this.blanks();
    }
  }

  /** Reads one word; it must begin here. @returns {Word} */
  word() {
    const from = this.at;
    /** @type {string | undefined} */
    let text = '';
    let bare = true;
    /** @param {string | undefined} more */
    const add = (more) => {
      text = text === undefined || more === undefined ? undefined : text + more;
    };
    for (;;) {
      const char = this.peek();
      if (char === undefined) break;
      if (this.here(/[<>]\(/y)) {
        this.at += 2;
        this.list(')');
        add(undefined);
      } else if (char === '(' && text !== undefined && /^[A-Za-z_]\w*\+?=$/.test(text)) {
        this.array();
        add(undefined);
      } else if (/[\s;&|()<>]/.test(char)) break;
      else if (char === '\\') {
        bare = false;
        if (!this.starts('\\\n')) add(this.source[this.at + 1] ?? '');
        this.at += 2;
      } else if (char === "'") {
        bare = false;
        const end = this.source.indexOf("'", this.at + 1);
        if (end < 0) this.fail('an unclosed quote');
        add(this.source.slice(this.at + 1, end));
        this.at = end + 1;
      } else if (char === '"') {
        bare = false;
        add(this.doubleQuoted());
      } else if (char === '$' || char === '`') {
        bare = false;
        add(this.expansion());
      } else {
        const isName = this.at === from && this.here(/\[{1,2}(?!\S)/y);
        add(!isName && this.here(/[*?[]|\{[^{}\s]*(?:,|\.\.)/y) ? undefined : char);
        this.at++;
      }
    }
    if (this.at === from) this.fail(`an unexpected ${JSON.stringify(this.peek() ?? 'end')}`);
    return { text, bare };
  }

  /** `name=( … )`. */
  array() {
    this.at++;
    for (this.space(); this.peek() !== ')'; this.space()) {
      if (this.peek() === undefined) this.fail('an unclosed array');
      this.word();
    }
    this.at++;
  }

  /** @returns {string | undefined} */
  doubleQuoted() {
    /** @type {string | undefined} */
    let text = '';
    for (this.at++; this.peek() !== '"'; ) {
      const char = this.peek();
      if (char === undefined) this.fail('an unclosed quote');
      /** @type {string | undefined} */
      let more = char;
      if (char === '\\') {
        const next = this.source[this.at + 1] ?? '';
        more = next === '\n' ? '' : /[$`"\\]/.test(next) ? next : `\\${next}`;
        this.at += 2;
      } else if (char === '`' || this.here(/\$(?!["'])/y)) more = this.expansion();
      else this.at++;
      text = text === undefined || more === undefined ? undefined : text + more;
    }
    this.at++;
    return text;
  }

  /** What a dollar or a backquote begins: its text where that is certain. @returns {string | undefined} */
  expansion() {
    if (this.peek() === '`') {
      const quoted = this.here(/`((?:[^`\\]|\\[\s\S])*)`/y);
      if (quoted === null) this.fail('an unclosed backquote');
      this.at += quoted[0].length;
      this.inner((quoted[1] ?? '').replace(/\\([$`\\])/g, '$1'), (inside) => inside.list('end'));
      return undefined;
    }
    this.at++;
    if (this.peek() === '(') {
      this.group();
      return undefined;
    }
    if (this.peek() === '{') {
      this.deeper();
      for (this.at++; this.peek() !== '}'; ) {
        if (this.peek() === undefined) this.fail('an unclosed parameter');
        if (this.peek() === '\\') this.at += 2;
        else if (this.peek() === "'") this.at = Math.max(this.source.indexOf("'", this.at + 1), this.at) + 1;
        else if (this.peek() === '"') this.doubleQuoted();
        else if (this.peek() === '$' || this.peek() === '`') this.expansion();
        else this.at++;
      }
      this.at++;
      this.depth--;
      return undefined;
    }
    if (this.peek() === "'") return this.ansiQuoted();
    if (this.peek() === '"') return this.doubleQuoted();
    const name = this.here(/[A-Za-z_]\w*|[\d@*#?$!-]/y);
    if (name === null) return '$';
    this.at += name[0].length;
    return undefined;
  }

  /** `$'…'`. @returns {string | undefined} */
  ansiQuoted() {
    const quoted = this.here(/'((?:[^'\\]|\\[\s\S])*)'/y);
    if (quoted === null) this.fail('an unclosed quote');
    this.at += quoted[0].length;
    let isCertain = true;
    const text = (quoted[1] ?? '').replace(/\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|([\s\S]))/g, (_all, ...found) => {
      const [hex, unicode, octal, char] = found;
      if (char === undefined) return String.fromCodePoint(Number.parseInt(hex ?? unicode ?? octal, octal === undefined ? 16 : 8));
      if (/[Ucux]/.test(char)) isCertain = false;
      return ESCAPES[char] ?? char;
    });
    return isCertain ? text : undefined;
  }

  /** `( … )` or `(( … ))`. */
  group() {
    const end = this.arithmeticEnd();
    if (end === undefined) {
      this.at++;
      this.list(')');
    } else this.expansionsUpTo(end);
  }

  /** Where the arithmetic that begins here ends; undefined when it is a group, perhaps within a group. */
  arithmeticEnd() {
    if (!this.starts('((')) return undefined;
    let depth = 0;
    for (let at = this.at; at < this.source.length; at++) {
      if (this.source[at] === '(') depth++;
      else if (this.source[at] === ')' && --depth === 0) return this.source[at - 1] === ')' ? at + 1 : undefined;
    }
    return undefined;
  }

  /** Looks for substitutions only. @param {number} end */
  expansionsUpTo(end) {
    while (this.at < end) {
      if (this.peek() === '\\') this.at += 2;
      else if (this.peek() === '`' || this.peek() === '$') this.expansion();
      else this.at++;
    }
  }
}
