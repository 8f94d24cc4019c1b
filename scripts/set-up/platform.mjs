import { Stop } from './stop.mjs';

/** Oldest Node that everything in package.json runs on; `engines` says the same. */
export const OLDEST_NODE = [20, 19];

/**
 * Refuses a machine on which nothing could work.
 * @param {{ node: string, os: string }} found Node's version without `v`, and the platform's name
 */
export function checkPlatform({ node, os }) {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new Stop(
      `Codex Builder needs Node ${OLDEST_NODE.join('.')} or newer; this is ${node}.`,
      'Install a newer Node: https://nodejs.org/en/download',
    );
  }
  if (os !== 'linux') {
    throw new Stop(`Codex Builder's daemon runs on Linux only; this is ${os}.`, 'Run it on a Linux machine or in a Linux virtual machine.');
  }
}
