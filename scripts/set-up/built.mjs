import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = join('dist', '.built-from');
const SOURCES = ['shared', 'daemon', 'scripts/build.mjs', 'package.json', 'package-lock.json', 'tsconfig.base.json', 'tsconfig.json'];

/**
 * A digest of everything the build reads.
 * @param {string} root the checkout
 * @returns {string}
 */
export function digestOfSources(root) {
  return digestOf(root, SOURCES);
}

/**
 * A digest of files and folders. By content, because a checkout changes times and a copy keeps them.
 * @param {string} root the checkout
 * @param {readonly string[]} sources relative to it
 * @returns {string}
 */
export function digestOf(root, sources) {
  const hash = createHash('sha256');
  /** @param {string} path */
  const add = (path) => {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  };
  for (const source of sources.filter((path) => existsSync(join(root, path)))) {
    if (/\.[a-z]+$/.test(source)) add(source);
    else for (const path of filesBelow(root, source)) add(path);
  }
  return `${hash.digest('hex')}\n`;
}

/**
 * Paths of all files below a folder, sorted, relative to the root.
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(root, folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/[/\\]\.wxt([/\\]|$)/.test(entry.parentPath ?? entry.path))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort();
}

/** Whether dist was built from what the sources are now. @param {string} root @returns {boolean} */
export function isBuilt(root) {
  const stamp = join(root, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digestOfSources(root);
}

/** Records what dist was built from. @param {string} root @param {string} digest taken before the build read anything */
export function markBuilt(root, digest) {
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, STAMP), digest);
}
