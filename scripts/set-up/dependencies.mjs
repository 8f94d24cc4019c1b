import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { alone } from './alone.mjs';
import { runProgram } from './run-program.mjs';
import { withProgress } from './say.mjs';
import { Stop } from './stop.mjs';
import { installPackages, missingPackages } from './system-packages.mjs';

const STAMP = '.codex-builder-lock';

/**
 * `run`: what building and running needs. `develop`: also what checks, tests and the extension's build need.
 * @typedef {'run' | 'develop'} Purpose
 */

/**
 * What node_modules must have been installed from: the lockfile's bytes, the Node whose ABI the native module was compiled for, and what for.
 * @param {string} root the checkout
 * @param {Purpose} purpose
 * @returns {string}
 */
function wantedDependencies(root, purpose) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${lock} node-abi-${process.versions.modules} ${process.platform}-${process.arch} ${purpose}\n`;
}

/**
 * Whether node_modules is what the lockfile says. One that somebody installed with npm by hand is accepted when npm's own record of it agrees.
 * @param {string} root the checkout
 * @param {Purpose} purpose
 * @returns {boolean}
 */
export function dependenciesAreCurrent(root, purpose) {
  const stamp = join(root, 'node_modules', STAMP);
  if (existsSync(stamp)) {
    const found = readFileSync(stamp, 'utf8');
    return found === wantedDependencies(root, 'develop') || (purpose === 'run' && found === wantedDependencies(root, 'run'));
  }
  if (!agreesWithNpm(root)) return false;
  writeFileSync(stamp, wantedDependencies(root, 'develop'));
  return true;
}

/** @param {string} root */
function agreesWithNpm(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record) || !existsSync(join(root, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node'))) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || (installed[path] ? installed[path].version === entry.version : entry.optional === true),
  );
}

/**
 * Environment for npm: with the headers of a Node from the system's packages, so that nothing is downloaded to compile against.
 * @returns {NodeJS.ProcessEnv}
 */
function npmEnvironment() {
  const prefix = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node_version.h'));
  return { ...process.env, ...(hasHeaders && process.env['npm_config_nodedir'] === undefined ? { npm_config_nodedir: prefix } : {}) };
}

/**
 * Installs what the lockfile says when it is not there yet, exactly (`npm ci`).
 * @param {string} root the checkout
 * @param {Purpose} purpose
 */
export async function ensureDependencies(root, purpose) {
  if (dependenciesAreCurrent(root, purpose)) return;
  await alone(join(root, 'dist', '.set-up-lock'), async () => {
    if (dependenciesAreCurrent(root, purpose)) return;
    await installPackages(missingPackages(['git', 'python3', 'make', 'g++']), 'compile the database driver');
    const { code, output } = await withProgress('Installing dependencies (npm ci; one to two minutes, most of it compiling SQLite)', () =>
      runProgram('npm', ['ci', ...(purpose === 'run' ? ['--omit=dev'] : []), '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: root,
        env: npmEnvironment(),
      }),
    );
    if (code !== 0)
      throw new Stop(
        `npm ci failed (exit ${code}).\n${output.slice(-4000)}`,
        'Check the network and the registry (npm ping), then try again.',
        code === 127 ? 78 : 70,
      );
    writeFileSync(join(root, 'node_modules', STAMP), wantedDependencies(root, purpose));
  });
}
