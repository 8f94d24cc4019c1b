import { patchOf } from './patch.mjs';

/**
 * One thing the demo model does before it answers. An edit is a generator of these: it is run again from the start on
 * every request, fed with the tool outputs so far, so the server keeps nothing between two requests.
 * @typedef {{ say: string, command: string } | { say: string, patch: string }} Step
 * @typedef {{ exitCode: number, text: string }} Output
 * @typedef {{ summary: string, files: string[], risks: string[], howToVerify: string[], followUps: string[] }} Answer
 * @typedef {Generator<Step, Answer, Output>} Edit
 */

/** The files are not what this edit expects: the demo model stops and says so. */
export class Stuck extends Error {}

/**
 * The contents of files, by their paths, as the agent's own tool reads them.
 * @param {string} say
 * @param {readonly string[]} paths
 * @returns {Generator<Step, Record<string, string>, Output>}
 */
export function* read(say, paths) {
  /** @type {Record<string, string>} */
  const texts = {};
  for (const path of paths) {
    const { exitCode, text } = yield { say: path === paths[0] ? say : '', command: `cat ${path}` };
    if (exitCode !== 0) throw new Stuck(`I could not read ${path}`);
    texts[path] = text;
  }
  return texts;
}

/**
 * Replaces a piece of text that must be there exactly once.
 * @param {string} text
 * @param {string | RegExp} find
 * @param {string} replacement
 * @param {string} path for the message when it is not there
 * @returns {string}
 */
export function swap(text, find, replacement, path) {
  const pattern =
    typeof find === 'string'
      ? new RegExp(find.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g')
      : new RegExp(find.source, `${find.flags.replace('g', '')}g`);
  if ((text.match(pattern) ?? []).length !== 1) throw new Stuck(`${path} does not look as I expect it`);
  return text.replace(pattern, () => replacement);
}

/**
 * Applies the changes.
 * @param {string} say
 * @param {readonly { path: string, before?: string, after: string }[]} changes
 * @returns {Generator<Step, string[], Output>} the paths changed
 */
export function* change(say, changes) {
  const { exitCode, text } = yield { say, patch: patchOf(changes) };
  if (exitCode !== 0) throw new Stuck(`the patch was refused: ${text.trim().slice(0, 300)}`);
  return changes.map(({ path }) => path);
}

/**
 * Runs the app's lint. Its unit tests start servers, which an agent's commands may not; they run as a check afterwards.
 * @returns {Generator<Step, { passed: boolean, note: string }, Output>}
 */
export function* verify() {
  const { exitCode } = yield { say: 'Now the lint.', command: 'node tools/lint.mjs' };
  return exitCode === 0 ? { passed: true, note: 'Lint passes; the unit tests run as a check.' } : { passed: false, note: 'Lint fails.' };
}

/** Text as it may stand inside an html template of the sample. @param {string} text */
export function inTemplate(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`]|\$\{/g, (found) => `\\${found}`);
}

/** Text as a JavaScript string in single quotes. @param {string} text */
export function inQuotes(text) {
  return `'${text.replace(/[\\']/g, (found) => `\\${found}`)}'`;
}
