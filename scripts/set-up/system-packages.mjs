import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runProgram } from './run-program.mjs';
import { withProgress } from './say.mjs';
import { Stop } from './stop.mjs';

/**
 * Whether one of these programs can be found.
 * @param {readonly string[]} names
 * @param {string} [path] a PATH; the system folders are looked at too, because an ordinary user's PATH often lacks sbin
 * @returns {boolean}
 */
export function hasProgram(names, path = process.env['PATH'] ?? '') {
  const folders = [...path.split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return names.some((name) => folders.some((folder) => folder !== '' && existsSync(join(folder, name))));
}

/** Debian package → the programs by which we know it is there. @type {Record<string, readonly string[]>} */
const PROGRAMS_OF = {
  git: ['git'],
  python3: ['python3'],
  make: ['make'],
  'g++': ['g++', 'c++'],
  bubblewrap: ['bwrap'],
  iproute2: ['ip'],
  chromium: ['chromium', 'chromium-browser'],
  'firefox-esr': ['firefox-esr'],
};

/**
 * Those of the named packages whose programs are not here.
 * @param {readonly string[]} packages keys of `PROGRAMS_OF`
 * @returns {string[]}
 */
export function missingPackages(packages) {
  return packages.filter((name) => !hasProgram(PROGRAMS_OF[name] ?? [name]));
}

/**
 * The one line a person has to have run.
 * @param {readonly string[]} packages
 * @returns {string}
 */
export function aptLine(packages) {
  const words = packages.includes('chromium') ? [...packages, 'fonts-liberation'] : packages;
  return `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${words.join(' ')}`;
}

/**
 * Installs packages when we are root; else stops with the line to have run.
 * @param {readonly string[]} packages nothing happens when empty
 * @param {string} purpose why they are needed, ends the sentence "… needs git to"
 */
export async function installPackages(packages, purpose) {
  if (packages.length === 0) return;
  const line = aptLine(packages);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot)
    throw new Stop(
      `Missing on this machine, to ${purpose}: ${packages.join(', ')}.`,
      `Have this run once, then try again:\nsudo sh -c '${line}'`,
    );
  if (!hasProgram(['apt-get']))
    throw new Stop(`Missing on this machine, to ${purpose}: ${packages.join(', ')}.`, 'Install them with your package manager.');
  const { code, output } = await withProgress(`Installing system packages with apt-get: ${packages.join(', ')}`, () =>
    runProgram('sh', ['-c', line]),
  );
  if (code !== 0)
    throw new Stop(`apt-get could not install ${packages.join(', ')} (exit ${code}).\n${output.slice(-2000)}`, `Try it by hand: ${line}`);
}
