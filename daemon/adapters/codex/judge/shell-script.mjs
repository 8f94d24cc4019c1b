/**
 * Reads a shell script as far as is needed to say which programs it starts, without running or expanding anything.
 *
 * @import { Word } from './shell-words.mjs'
 * @typedef {'terminal' | 'pipe' | 'file'} Input Where a command's input comes from, unless the script itself has the text.
 * @typedef {{ words: Word[], input: Input | { text: string | undefined } }} SimpleCommand
 * @typedef {{ commands: SimpleCommand[], problem?: string }} Script `problem` says what kept it from being read to its end.
 */
import { Unreadable, WordReader } from './shell-words.mjs';

/** Words before a command that are none of it, and those that end a group. */
const KEYWORDS = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{', 'coproc', 'fi', 'done', '}']);

/**
 * Every simple command of a script, those in pipelines, groups, functions and substitutions included.
 * @param {string} source
 * @returns {Script}
 */
export function readScript(source) {
  /** @type {SimpleCommand[]} */
  const commands = [];
  try {
    new ScriptReader(source, commands).list('end');
    return { commands };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { commands, problem: error.message };
  }
}

class ScriptReader extends WordReader {
  /** @param {string} source @param {SimpleCommand[]} commands */
  constructor(source, commands) {
    super(source);
    this.commands = commands;
    /** @type {{ delimiter: string, isQuoted: boolean, hasTabs: boolean, command: SimpleCommand }[]} Here-documents whose text is still to come. */
    this.pending = [];
  }

  /** @override @param {string} text @param {(inside: WordReader) => void} read */
  inner(text, read) {
    const inside = new ScriptReader(text, this.commands);
    inside.depth = this.depth;
    inside.deeper();
    read(inside);
  }

  /** @override @param {'end' | ')' | 'branch'} until */
  list(until) {
    this.deeper();
    /** @type {Input} */
    let input = 'terminal';
    for (;;) {
      this.blanks();
      if (this.peek() === undefined) {
        if (until !== 'end') this.fail('an unclosed group');
        this.hereDocuments();
        break;
      }
      if (this.peek() === ')') {
        if (until !== ')') this.fail('an unexpected parenthesis');
        this.at++;
        break;
      }
      if (this.peek() === '\n') {
        this.at++;
        this.hereDocuments();
        continue;
      }
      const operator = this.here(/;;&|;;|;&|&&|\|\||\|&|[;|]|&(?!>)/y)?.[0];
      if (operator !== undefined) {
        this.at += operator.length;
        if (operator.length > 1 && operator.startsWith(';')) {
          if (until !== 'branch') this.fail('an unexpected ;;');
          break;
        }
        input = operator === '|' || operator === '|&' ? 'pipe' : 'terminal';
        continue;
      }
      if (this.command(input) === 'esac') {
        if (until !== 'branch') this.fail('an unexpected esac');
        break;
      }
      input = 'terminal';
    }
    this.depth--;
  }

  /** One command with the keywords before it. @param {Input} input @returns {'esac' | undefined} */
  command(input) {
    /** @type {SimpleCommand} */
    const command = { words: [], input };
    for (;;) {
      this.blanks();
      if (this.peek() === undefined || this.here(/[\n;|)]|&(?!>)/y)) break;
      if (this.redirection(command)) continue;
      if (this.peek() === '(') {
        const empty = this.here(/\(\s*\)/y);
        if (command.words.length === 0) this.group();
        else if (command.words.length === 1 && empty) {
          // The name of a function: what it does follows, and is read whether or not it is ever called.
          this.at += empty[0].length;
          command.words.pop();
        } else this.fail('an unexpected parenthesis');
        continue;
      }
      const word = this.word();
      const keyword = command.words.length === 0 && word.bare ? word.text : undefined;
      if (keyword === 'esac') return 'esac';
      if (keyword === 'time') this.at += this.here(/[ \t]+-p(?!\S)/y)?.[0].length ?? 0;
      else if (keyword === 'function') this.named();
      else if (keyword === 'for' || keyword === 'select') this.loopHead();
      else if (keyword === 'case') this.branches();
      else if (keyword === '[[') this.test();
      else if (keyword === undefined || !KEYWORDS.has(keyword)) command.words.push(word);
    }
    if (command.words.length > 0) this.commands.push(command);
    return undefined;
  }

  named() {
    this.blanks();
    this.word();
  }

  /** `for x in …` up to `;`, a new line or `do`. */
  loopHead() {
    this.blanks();
    if (this.starts('((')) return this.group();
    for (;;) {
      this.blanks();
      if (this.peek() === undefined || this.peek() === ';' || this.peek() === '\n') return;
      const before = this.at;
      const word = this.word();
      if (word.bare && word.text === 'do') {
        this.at = before;
        return;
      }
    }
  }

  /** `case word in pattern) commands ;; … esac`. */
  branches() {
    this.named();
    this.space();
    if (this.word().text !== 'in') this.fail('a case that is not understood');
    for (;;) {
      this.space();
      const end = this.here(/esac(?![^\s;&|)])/y);
      if (end) {
        this.at += end[0].length;
        return;
      }
      if (this.peek() === '(') this.at++;
      for (;;) {
        this.space();
        this.word();
        this.space();
        if (this.peek() !== '|') break;
        this.at++;
      }
      if (this.peek() !== ')') this.fail('a case that is not understood');
      this.at++;
      this.list('branch');
      // It ended with `;;` and another pattern may follow, or with the whole case.
      if (this.source.endsWith('esac', this.at)) this.at -= 4;
    }
  }

  /** `[[ … ]]`, in which operators are not those of commands. */
  test() {
    for (;;) {
      this.space();
      const char = this.peek();
      if (char === undefined) this.fail('an unclosed [[');
      if (/[()<>|&;]/.test(char)) this.at++;
      else if (this.word().text === ']]') return;
    }
  }

  /** Reads a redirection, if there is one here. @param {SimpleCommand} command */
  redirection(command) {
    const found = this.here(/(?:\d+|\{\w+\})?(<<<|<<-?|<>|<&|>&|>>|>\||&>>|&>|[<>](?!\())/y);
    if (found === null) return false;
    this.at += found[0].length;
    const operator = found[1] ?? '';
    this.blanks();
    const from = this.at;
    const target = this.word();
    if (operator === '<<<') command.input = { text: target.text };
    else if (operator.startsWith('<<')) {
      if (target.text === undefined) this.fail('a here-document that is not understood');
      const isQuoted = /['"\\]/.test(this.source.slice(from, this.at));
      this.pending.push({ delimiter: target.text, isQuoted, hasTabs: operator === '<<-', command });
    } else if (operator === '<') command.input = 'file';
    return true;
  }

  /** At the beginning of a line: the texts that the commands of the line before it announced. */
  hereDocuments() {
    for (const { delimiter, isQuoted, hasTabs, command } of this.pending.splice(0)) {
      const lines = [];
      for (;;) {
        if (this.at >= this.source.length) this.fail('an unclosed here-document');
        const end = this.source.indexOf('\n', this.at);
        const line = this.source.slice(this.at, end < 0 ? undefined : end);
        this.at = end < 0 ? this.source.length : end + 1;
        const bare = hasTabs ? line.replace(/^\t+/, '') : line;
        if (bare === delimiter) break;
        lines.push(bare);
      }
      const body = lines.join('\n');
      const isCertain = isQuoted || !/[$`\\]/.test(body);
      if (!isCertain) this.inner(body, (inside) => inside.expansionsUpTo(body.length));
      command.input = { text: isCertain ? body : undefined };
    }
  }
}
