import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runProgram } from './run-program.mjs';
import { EXIT, Stop } from './stop.mjs';

const DRIVER = 'node-sqlite3-wasm';
/** One date for every copy, so that the same sample has the same commit everywhere. */
const FIRST_COMMIT_AT = '2026-01-01T12:00:00Z';

/**
 * Where the copy of the sample app lives: under the state folder that was asked for, else under the person's state home.
 * @param {{ state?: string, env: NodeJS.ProcessEnv }} place
 * @returns {string}
 */
export function sampleFolder({ state, env }) {
  if (state !== undefined && state !== '') return join(state, 'sample-app');
  const stateHome = env['XDG_STATE_HOME'] || (env['HOME'] ? join(env['HOME'], '.local', 'state') : '');
  if (stateHome === '')
    throw new Stop(
      'There is no place for the sample app: neither HOME nor XDG_STATE_HOME is set.',
      'Set HOME, or give --state DIR.',
      EXIT.usage,
    );
  return join(stateHome, 'codex-builder', 'sample-app');
}

/**
 * The SQLite that the sample carries with it, so that it runs where nothing can be installed. One line is mended on the way.
 * @param {string} folder the sample's `vendor` folder
 */
function vendorDriver(folder) {
  const main = createRequire(import.meta.url).resolve('node-sqlite3-wasm');
  const target = join(folder, DRIVER);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, `${DRIVER}.cjs`), mendHotJournal(readFileSync(main, 'utf8')));
  cpSync(join(dirname(main), `${DRIVER}.wasm`), join(target, `${DRIVER}.wasm`));
  cpSync(join(dirname(main), '..', 'LICENSE'), join(target, 'LICENSE'));
  writeFileSync(join(target, 'README.md'), VENDOR_README);
}

/**
 * The driver takes its own lock for another process's, so SQLite never rolls back the journal of a program that was killed in the middle of a
 * write, and half of that write stays. A handle that holds the only lock there is knows that nobody else has reserved the file.
 * @param {string} source
 * @returns {string}
 */
export function mendHotJournal(source) {
  const before = 'function _nodejsCheckReservedLock(fi,outResult){';
  if (source.split(before).length !== 2) throw new Error(`${DRIVER} has changed: look again at how it answers xCheckReservedLock`);
  return source.replace(before, `${before}if(_isLocked(fi)){setValue(outResult,0,"i32");return SQLITE_OK}`);
}

const VENDOR_README = `# node-sqlite3-wasm

SQLite compiled to WebAssembly with real file access, by Tobias Enderle (MIT, see LICENSE):
https://github.com/tndrle/node-sqlite3-wasm

It stands here so that this app needs no install step. One line differs from the
original: \`_nodejsCheckReservedLock\` answers "not reserved" when the handle itself
holds the lock, without which SQLite never rolls back the journal of a process that
was killed in the middle of a write.
`;

/**
 * Makes a git repository with one commit from the sample app. Complete or absent: it is built aside and renamed into place.
 * @param {string} folder where it shall be
 * @param {string} source the sample's files
 * @returns {Promise<{ repo: string, made: boolean }>} `made: false` when it was there already and is used as it is
 */
export async function ensureSampleRepository(folder, source) {
  if (existsSync(join(folder, '.git'))) return { repo: folder, made: false };
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Stop(`${folder} is in the way of the sample app: it is not a git repository.`, 'Move it away, or give --repo PATH.');
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const aside = `${folder}.${process.pid}.new`;
  rmSync(aside, { recursive: true, force: true });
  cpSync(source, aside, { recursive: true });
  vendorDriver(join(aside, 'vendor'));
  await commitAll(aside);
  rmSync(folder, { recursive: true, force: true });
  renameSync(aside, folder);
  return { repo: folder, made: true };
}

/** @param {string} folder */
async function commitAll(folder) {
  const person = { NAME: 'Codex Builder', EMAIL: 'sample@codex-builder.invalid', DATE: FIRST_COMMIT_AT };
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: folder,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((role) => Object.entries(person).map(([key, value]) => [`GIT_${role}_${key}`, value])),
    ),
  };
  const steps = [
    ['init', '--quiet', '--template=', '--initial-branch=main'],
    ['add', '--all'],
    ['commit', '--quiet', '--no-verify', '--message', 'Fern & Moss, a small plant shop'],
  ];
  for (const step of steps) {
    const { code, output } = await runProgram('git', step, { cwd: folder, env });
    if (code !== 0) throw new Error(`git ${step[0]} failed in the new sample app: ${output}`);
  }
}
