#!/usr/bin/env node
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf } from './set-up/built.mjs';
import { ensureDependencies } from './set-up/dependencies.mjs';
import { explain } from './set-up/stop.mjs';

const SOURCES = ['extension', 'shared', 'package.json', 'package-lock.json'];

/** What is built: what people load, and for tests the same with open shadow roots. @typedef {'release' | 'debug'} Kind */

/** @param {string} root @param {Kind} kind */
const stampOf = (root, kind) => join(root, 'dist', 'extension', `.built-from-${kind}`);

/**
 * Builds the extension for Chrome and Firefox into dist/extension, a loadable folder and, of a release, a zip each.
 * Does nothing when they were built from what the sources are now.
 * @param {string} root the checkout
 * @param {Kind} kind
 * @returns {Promise<{ chrome: string, firefox: string }>} the loadable folders
 */
export async function buildExtension(root, kind) {
  const suffix = kind === 'debug' ? '-debug' : '';
  const folders = {
    chrome: join(root, 'dist', 'extension', `chrome-mv3${suffix}`),
    firefox: join(root, 'dist', 'extension', `firefox-mv3${suffix}`),
  };
  const digest = digestOf(root, SOURCES);
  const stamp = stampOf(root, kind);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && Object.values(folders).every((folder) => existsSync(folder)))
    return folders;
  const wxt = await import('wxt');
  for (const browser of ['chrome', 'firefox']) {
    // One after the other: wxt keeps the state of a build in one place.
    await (kind === 'release' ? wxt.zip : wxt.build)({
      root: join(root, 'extension'),
      browser,
      mode: kind === 'debug' ? 'debug' : 'production',
      logger: quiet,
    });
  }
  mkdirSync(join(root, 'dist', 'extension'), { recursive: true });
  writeFileSync(stamp, digest);
  return folders;
}

/** @param {unknown[]} args */
const say = (...args) => void process.stderr.write(`extension: ${args.join(' ')}\n`);
const nothing = () => {};
/** Warnings and errors only. @type {import('wxt').Logger} */
const quiet = { debug: nothing, log: nothing, info: nothing, success: nothing, warn: say, error: say, fatal: say, level: 3 };

/** @returns {Promise<number>} exit code */
async function main() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  await ensureDependencies(root, 'develop');
  const { chrome, firefox } = await buildExtension(root, 'release');
  process.stdout.write(`Chrome: ${chrome}\nFirefox: ${firefox}\n`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main().catch(explain);
