import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './run-program.mjs';
import { Stop } from './stop.mjs';
import { installPackages } from './system-packages.mjs';

const PROBE = ['--unshare-all', '--die-with-parent', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', 'true'];

/**
 * The bubblewraps a machine may have: the system's, then the one that comes with Codex.
 * @param {string} root the checkout
 * @returns {string[]}
 */
function bubblewrapPlaces(root) {
  const triple = process.arch === 'arm64' ? ['linux-arm64', 'aarch64-unknown-linux-musl'] : ['linux-x64', 'x86_64-unknown-linux-musl'];
  const bundled = join(root, 'node_modules', '@openai', `codex-${triple[0]}`, 'vendor', triple[1] ?? '', 'codex-resources', 'bwrap');
  return ['/usr/bin/bwrap', '/usr/local/bin/bwrap', bundled].filter((place) => existsSync(place));
}

/** @param {readonly string[]} places @returns {Promise<{ works: boolean, detail: string }>} */
async function tryEach(places) {
  let detail = 'none was found';
  for (const place of places) {
    const { code, output } = await runProgram(place, PROBE, { timeoutMs: 10_000 });
    if (code === 0) return { works: true, detail: place };
    detail = `${place}: ${output.trim().slice(-300) || `exit ${code}`}`;
  }
  return { works: false, detail };
}

/**
 * Makes sure that agents can be confined: a bubblewrap that really makes namespaces here.
 * @param {string} root the checkout
 */
export async function ensureBubblewrap(root) {
  const first = await tryEach(bubblewrapPlaces(root));
  if (first.works) return;
  if (!existsSync('/usr/bin/bwrap')) await installPackages(['bubblewrap'], 'confine what an agent runs');
  const second = await tryEach(bubblewrapPlaces(root));
  if (second.works) return;
  throw new Stop(
    `bubblewrap cannot make a sandbox on this machine (${second.detail}).`,
    'Allow unprivileged user namespaces, for example: sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0\nIn a container: start it with --security-opt seccomp=unconfined.',
  );
}
