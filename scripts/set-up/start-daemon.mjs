import { join, resolve } from 'node:path';
import { checkPlatform } from './platform.mjs';

/**
 * From a fresh clone to a running daemon, in this very process: signals and exit codes are ours.
 * @param {readonly string[]} argv
 * @param {string} root the checkout
 * @returns {Promise<number>} exit code
 */
export async function startDaemon(argv, root) {
  checkPlatform({ node: process.versions.node, os: process.platform });
  const { HELP, readOptions } = await import('./options.mjs');
  const options = readOptions(argv, process.env);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { ensureReady } = await import('./ready.mjs');
  await ensureReady(root);
  const { chooseApp } = await import('./choose-app.mjs');
  const { app, demo, close } = await chooseApp(options, root, process.env);
  process.setSourceMapsEnabled(true);
  const { main } = await import(join(root, 'dist', 'main.js'));
  try {
    return await main({ argv, env: process.env, app: { ...app, repo: resolve(app.repo) }, demo });
  } finally {
    await close();
  }
}
