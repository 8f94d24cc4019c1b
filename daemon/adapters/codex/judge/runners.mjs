/**
 * Programs that start the program their arguments name.
 *
 * @import { Word } from './shell-words.mjs'
 * @import { SimpleCommand } from './shell-script.mjs'
 * @typedef {{ words: Word[] } | { script: string | undefined }} Started What a runner starts: another command, or a script, undefined where unknown.
 */

/** Options that take the next word with them, by runner. What is not here is told apart from a program only by guessing, and not guessed. */
const VALUED = /** @type {Record<string, readonly string[]>} */ ({
  env: ['-u', '--unset', '-C', '--chdir'],
  command: [],
  builtin: [],
  exec: ['-a'],
  nohup: [],
  setsid: [],
  nice: ['-n', '--adjustment'],
  timeout: ['-s', '--signal', '-k', '--kill-after'],
  time: ['-f', '--format', '-o', '--output'],
  stdbuf: ['-i', '-o', '-e'],
  xargs: ['-a', '-d', '-E', '-I', '-L', '-n', '-P', '-s'],
});
/** More programs of the kind. Where in their arguments the program stands is not known here. */
const OTHERS = [
  'sudo',
  'doas',
  'su',
  'chroot',
  'unshare',
  'nsenter',
  'ionice',
  'flock',
  'strace',
  'watch',
  'parallel',
  'busybox',
  'script',
  'find',
  'fd',
];
/** A program stands soon after the runner's own options. */
const MAX_GUESSES = 64;
const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'ash']);
const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;

/** A program's name without its folder. @param {string} text */
export const nameOf = (text) => text.slice(text.lastIndexOf('/') + 1);
/** @param {Word | undefined} word */
export const isAssignment = (word) => word !== undefined && (word.text === undefined ? false : ASSIGNMENT.test(word.text));

/**
 * What a command starts besides itself. `undefined` when it starts nothing else; `'unknown'` when it may.
 * @param {Word[]} words without assignments before them
 * @param {SimpleCommand['input']} input
 * @returns {Started[] | 'unknown' | undefined}
 */
export function startedBy(words, input) {
  const name = nameOf(words[0]?.text ?? '');
  const args = words.slice(1);
  if (SHELLS.has(name)) return byShell(args, input);
  if (name === 'eval') {
    const texts = args.map(({ text }) => text);
    return [{ script: texts.includes(undefined) ? undefined : texts.join(' ') }];
  }
  if (name === 'find') return byFind(args);
  const valued = VALUED[name];
  if (valued === undefined) return OTHERS.includes(name) ? 'unknown' : undefined;
  if (name === 'command' && /^-[vV]$/.test(args[0]?.text ?? '')) return []; // only looks it up
  const rest = afterOptions(name, args, valued);
  if (rest === 'unknown') return rest;
  return rest.length === 0 ? undefined : [{ words: rest }];
}

/** Every way to read a runner's arguments as a command. For lists that deny: one that fits is enough. @param {Word[]} words */
export function anyStartedBy(words) {
  const name = nameOf(words[0]?.text ?? '');
  return name in VALUED || OTHERS.includes(name) ? words.slice(1, MAX_GUESSES).map((_, index) => words.slice(index + 1)) : [];
}

/** @param {Word[]} args @param {SimpleCommand['input']} input @returns {Started[] | 'unknown' | undefined} */
function byShell(args, input) {
  for (const [index, { text }] of args.entries()) {
    if (text === undefined) return 'unknown';
    if (/^-[a-z]*c[a-z]*$/.test(text)) {
      const script = args.slice(index + 1).find((word) => !/^[-+]/.test(word.text ?? ''));
      return script === undefined ? undefined : [{ script: script.text }];
    }
    if (text === '-o' || text === '+o' || text === '--rcfile' || text === '--init-file') return 'unknown';
    if (/^[-+]./.test(text) && text !== '-s' && text !== '-i') continue;
    if (text !== '-' && text !== '-s' && text !== '-i') return undefined; // a script in a file
  }
  return [{ script: typeof input === 'object' ? input.text : undefined }];
}

/** @param {Word[]} args @returns {Started[] | undefined} */
function byFind(args) {
  const found = args.flatMap(({ text }, index) => {
    if (text === undefined || !/^-(?:exec|ok)(?:dir)?$/.test(text)) return [];
    const rest = args.slice(index + 1);
    const end = rest.findIndex((word) => word.text === ';' || word.text === '+');
    return [{ words: end < 0 ? rest : rest.slice(0, end) }];
  });
  return found.length === 0 ? undefined : found;
}

/** @param {string} name @param {Word[]} args @param {readonly string[]} valued @returns {Word[] | 'unknown'} */
function afterOptions(name, args, valued) {
  let at = 0;
  for (; at < args.length; at++) {
    const text = args[at]?.text;
    if (text === undefined) return 'unknown';
    if (name === 'env' && (/^-[a-z]*S/.test(text) || text.startsWith('--split-string'))) return 'unknown';
    if (name === 'env' && ASSIGNMENT.test(text)) continue;
    if (!text.startsWith('-') || text === '-') break;
    if (valued.includes(text)) at++;
    if (text === '--') {
      at++;
      break;
    }
  }
  return args.slice(name === 'timeout' ? at + 1 : at);
}
