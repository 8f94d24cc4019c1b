#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies } from './set-up/dependencies.mjs';
import { EXIT, explain, Stop } from './set-up/stop.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * What can be measured, by name. Each prints its figures beside the goals, and as JSON with `--json`; a goal that is not met is no failure.
 * @type {Record<string, { what: string, load: () => Promise<(root: string, args: readonly string[]) => Promise<void>> }>}
 */
const BENCHES = {
  overlay: {
    what: 'the overlay: key to painted, weight on every page, keys lost, sent to acknowledged; beside react-grab and stagewise',
    load: async () => (await import('./bench/overlay.mjs')).benchOverlay,
  },
};

/** @param {readonly string[]} args @returns {Promise<number>} exit code */
async function main([name = '', ...args]) {
  const found = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (!found) {
    const list = Object.entries(BENCHES).map(([each, { what }]) => `npm run bench -- ${each}   ${what}`);
    throw new Stop(name === '' ? 'Say what to measure.' : `There is no bench "${name}".`, list.join('\n'), EXIT.usage);
  }
  await ensureDependencies(ROOT, 'develop');
  const bench = await found.load();
  await bench(ROOT, args);
  return EXIT.ok;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
