#!/usr/bin/env node
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPlatform } from './set-up/platform.mjs';
import { explain } from './set-up/stop.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * From a fresh clone to a running daemon, in this very process: signals and exit codes are ours.
 * @param {string[]} argv
 * @returns {Promise<number>} exit code
 */
async function start(argv) {
  checkPlatform({ node: process.versions.node, os: process.platform });
  const { HELP, readOptions } = await import('./set-up/options.mjs');
  const options = readOptions(argv, process.env);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { ensureReady } = await import('./set-up/ready.mjs');
  await ensureReady(ROOT);
  const { chooseApp } = await import('./set-up/choose-app.mjs');
  const { app, demo, close } = await chooseApp(options, ROOT, process.env);
  process.setSourceMapsEnabled(true);
  const { main } = await import(join(ROOT, 'dist', 'main.js'));
  try {
    return await main({ argv, env: process.env, app: { ...app, repo: resolve(app.repo) }, demo });
  } finally {
    await close();
  }
}

process.exitCode = await start(process.argv.slice(2)).catch(explain);
