/**
 * What an agent may run and what not. It keeps an honest agent on its way and tells it why; it is no boundary, because a program that is
 * allowed can start any other. The boundary is the sandbox.
 *
 * A pattern is words: the program and the arguments it begins with, `*` for any part of a word (`git push`, `npm run *`, `rm -rf`).
 * A program is known by its name, whatever folder it lies in, unless the pattern names one. A list that allows is read strictly: every program
 * of the command must be on it, and what cannot be read is refused. A list that denies is read broadly: options before the words of
 * the pattern are skipped, and where a text cannot be read it is searched.
 *
 * @import { Word } from './shell-words.mjs'
 * @import { SimpleCommand } from './shell-script.mjs'
 * @typedef {{ allow?: readonly string[], deny?: readonly string[] }} CommandRules
 */

import { anyStartedBy, isAssignment, nameOf, startedBy } from './runners.mjs';
import { readScript } from './shell-script.mjs';

const MAX_DEPTH = 8;
/** Linux starts no program with a longer argument. */
const MAX_SCRIPT = 128 * 1024;
/** Parts of the shell that start nothing, and the tool by which the agent edits. An allow list need not name them. */
const HARMLESS = new Set(
  'cd pwd echo printf test [ true false : exit return break continue shift read wait local apply_patch applypatch'.split(' '),
);
/** Variables by which a program is made to start or load another one. */
const STEERING =
  /^(?:PATH|IFS|ENV|BASH_ENV|SHELL|PAGER|EDITOR|VISUAL|BROWSER|NODE_OPTIONS|RUBYOPT|LD_\w+|GIT_\w+|PYTHON\w+|PERL5\w+|npm_config_\w+)\+?=/;

/**
 * Why a command is refused; undefined when it may run.
 * @param {string} script
 * @param {CommandRules} rules
 * @returns {string | undefined}
 */
export function judgeCommand(script, { allow, deny = [] }) {
  if (script.length > MAX_SCRIPT) return `A command may have ${MAX_SCRIPT} characters. Write a file and run it.`;
  return deniedBy(script, deny, 0) ?? (allow === undefined ? undefined : notAllowedBy(script, allow, 0));
}

/** @param {string} script @param {readonly string[]} deny @param {number} depth @returns {string | undefined} */
function deniedBy(script, deny, depth) {
  if (deny.length === 0) return undefined;
  const { commands, problem } = readScript(script);
  let isUnclear = problem !== undefined || depth > MAX_DEPTH;
  for (const command of commands) {
    const words = withoutAssignments(command.words);
    if (words.length === 0) continue;
    for (const candidate of [words, ...anyStartedBy(words)]) {
      const pattern = deny.find((each) => matches(each, candidate, true));
      if (pattern !== undefined) return onDenyList(pattern);
    }
    if (words[0]?.text === undefined) isUnclear = true;
    const started = startedBy(words, command.input);
    if (started === 'unknown') isUnclear = true;
    else if (isShellOnInput(started, command)) return SHELL_ON_INPUT;
    for (const each of Array.isArray(started) ? started : []) {
      if ('words' in each) {
        if (each.words.some(({ text }) => text === undefined)) isUnclear = true;
        const denied = depth > MAX_DEPTH ? undefined : deniedBy(quoted(each.words), deny, depth + 1);
        if (denied !== undefined) return denied;
      } else if (each.script === undefined) isUnclear = true;
      else {
        const denied = depth > MAX_DEPTH ? undefined : deniedBy(each.script, deny, depth + 1);
        if (denied !== undefined) return denied;
      }
    }
  }
  const found = isUnclear ? deny.find((pattern) => isIn(script, pattern)) : undefined;
  return found === undefined ? undefined : onDenyList(found);
}

/** @param {string} script @param {readonly string[]} allow @param {number} depth @returns {string | undefined} */
function notAllowedBy(script, allow, depth) {
  const { commands, problem } = readScript(script);
  if (problem !== undefined) return unreadable(problem);
  if (depth > MAX_DEPTH) return unreadable('nesting that is too deep');
  for (const command of commands) {
    const steering = command.words.find((word) => isAssignment(word) && STEERING.test(word.text ?? ''));
    if (steering !== undefined) return unreadable(`the variable ${steering.text?.split('=')[0]}`);
    const words = withoutAssignments(command.words);
    const name = words[0];
    if (name === undefined) continue;
    if (name.text === undefined) return unreadable('a program whose name only the shell knows');
    const started = startedBy(words, command.input);
    if (started === 'unknown') return unreadable(`what ${nameOf(name.text)} starts`);
    const isShell = started?.some((each) => 'script' in each) === true;
    if (started === undefined || nameOf(name.text) === 'find') {
      if (!HARMLESS.has(name.text) && !allow.some((pattern) => matches(pattern, words, false))) return notOnAllowList(words, allow);
    }
    for (const each of started ?? []) {
      const inner = 'words' in each ? quoted(each.words) : each.script;
      if (inner === undefined)
        return isShell && isShellOnInput(started, command) ? SHELL_ON_INPUT : unreadable('a script that only the shell knows');
      const refused = notAllowedBy(inner, allow, depth + 1);
      if (refused !== undefined) return refused;
    }
  }
  return undefined;
}

/** @param {ReturnType<typeof startedBy>} started @param {SimpleCommand} command */
function isShellOnInput(started, command) {
  const isOnInput =
    command.words.every(({ text }) => text === undefined || !/^-[a-z]*c/.test(text)) &&
    nameOf(withoutAssignments(command.words)[0]?.text ?? '') !== 'eval';
  return Array.isArray(started) && isOnInput && started.some((each) => 'script' in each && each.script === undefined);
}

/** @param {Word[]} words */
function withoutAssignments(words) {
  const first = words.findIndex((word) => !isAssignment(word));
  return first < 0 ? [] : words.slice(first);
}

/** Words as a script that says the same; what is unknown stays unknown. @param {Word[]} words */
function quoted(words) {
  return words.map(({ text }) => (text === undefined ? '"$unknown"' : `'${text.replaceAll("'", `'\\''`)}'`)).join(' ');
}

/** @param {string} pattern @param {Word[]} words @param {boolean} isBroad */
function matches(pattern, words, isBroad) {
  const [program = '', ...args] = pattern.trim().split(/\s+/);
  const name = words[0]?.text;
  if (name === undefined || !globOf(program).test(program.includes('/') ? name : nameOf(name))) return false;
  return follow(args.map(globOf), words.slice(1), isBroad);
}

/** Whether the words begin with what the globs want; broadly also with options in between. @param {RegExp[]} globs @param {Word[]} words @param {boolean} isBroad */
function follow(globs, words, isBroad) {
  let from = new Set([0]);
  for (const glob of globs) {
    const next = new Set(/** @type {number[]} */ ([]));
    // A set grows while it is gone through. Whether an option takes the next word with it is not known, so both are tried.
    for (const at of from) {
      const text = words[at]?.text;
      if (text === undefined) continue;
      if (glob.test(text)) next.add(at + 1);
      if (isBroad && text.startsWith('-')) from.add(at + 1).add(at + 2);
    }
    from = next;
  }
  return from.size > 0;
}

/** @param {string} pattern */
const globOf = (pattern) => new RegExp(`^${pattern.split('*').map(escaped).join('[^]*')}$`);
/** @param {string} text */
const escaped = (text) => text.replace(/[\\^$.+?()[\]{}|/-]/g, '\\$&');

/** Whether the words of a pattern stand in a text one after the other, options between them left out. @param {string} script @param {string} pattern */
function isIn(script, pattern) {
  const words = pattern
    .trim()
    .split(/\s+/)
    .map((word) => word.split('*').map(escaped).join('\\S*'));
  return new RegExp(`(?:^|[^\\w.-])${words.join('(?:\\s+-\\S+(?:\\s+[^\\s-]\\S*)?){0,8}\\s+')}(?![\\w-])`).test(
    script.replace(/['"\\]/g, ''),
  );
}

const SHELL_ON_INPUT = 'A shell that reads its commands from its input cannot be judged. Give it the commands with -c.';
/** @param {string} pattern */
const onDenyList = (pattern) =>
  `"${pattern}" is on the deny list of this host (agent.commands.deny). Go on without it; another way to do the same is not wanted either.`;
/** @param {string} what */
const unreadable = (what) =>
  `The allow list of this host (agent.commands.allow) refuses what cannot be read with certainty, here: ${what}. Say it plainly, one program at a time.`;
/** @param {Word[]} words @param {readonly string[]} allow */
const notOnAllowList = (words, allow) =>
  `"${words
    .slice(0, 2)
    .map(({ text }) => text ?? '…')
    .join(' ')
    .slice(0, 80)}" is not on the allow list of this host (agent.commands.allow): ${allow.slice(0, 40).join(', ')}.`;
