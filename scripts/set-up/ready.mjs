import { join } from 'node:path';
import { alone } from './alone.mjs';
import { ensureBubblewrap } from './bubblewrap.mjs';
import { isBuilt } from './built.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { runProgram } from './run-program.mjs';
import { withProgress } from './say.mjs';
import { EXIT, Stop } from './stop.mjs';
import { installPackages, missingPackages } from './system-packages.mjs';

/**
 * Builds when the sources are not what dist was made from. In a process of its own, so that the build tool's memory is gone before the daemon starts.
 * @param {string} root the checkout
 * @param {{ quiet?: boolean }} [options]
 */
async function ensureBuilt(root, options = {}) {
  if (isBuilt(root)) return;
  await alone(join(root, 'dist', '.set-up-lock'), async () => {
    if (isBuilt(root)) return;
    const { code, output } = await withProgress(
      'Building',
      () => runProgram(process.execPath, [join(root, 'scripts/build.mjs'), 'daemon'], { cwd: root }),
      options,
    );
    if (code !== 0)
      throw new Stop(`The build failed (exit ${code}).\n${output.trim()}`, 'Mend what it names, then try again.', EXIT.internal);
  });
}

/**
 * Everything between a fresh clone and a daemon that can start: dependencies, build, git and a bubblewrap that works.
 * @param {string} root the checkout
 * @param {{ quiet?: boolean, sandbox?: boolean }} [options] `quiet` says nothing of a build; `sandbox: false` leaves bubblewrap out
 */
export async function ensureReady(root, options = {}) {
  await ensureDependencies(root);
  await ensureBuilt(root, options);
  await installPackages(missingPackages(['git']), 'keep every change in a branch of its own');
  if (options.sandbox !== false) await ensureBubblewrap(root);
}
