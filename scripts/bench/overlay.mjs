import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { buildExtension } from '../build-extension.mjs';
import { say } from '../set-up/say.mjs';
import { EXIT, Stop } from '../set-up/stop.mjs';
import { measureAcknowledged } from './overlay/acknowledged.mjs';
import { openBrowser, openStopper, writeEmptyExtension } from './overlay/browsers.mjs';
import { measureOpenings, measurePeer } from './overlay/key-to-painted.mjs';
import { measureLoads } from './overlay/load-cost.mjs';
import { PAGES, servePages } from './overlay/pages.mjs';
import { fetchPeers } from './overlay/peers.mjs';
import { printOverlay } from './overlay/print.mjs';
import { measureSizes } from './overlay/sizes.mjs';
import { countLostKeys } from './overlay/typed-keys.mjs';

/** Repetitions, unless `--times` says otherwise: enough for a 95th percentile that is not the slowest of all. */
const TIMES = 40;
/** A whole sentence is typed each time, so fewer times do. */
const TYPED_EVERY = 4;

/** @typedef {Awaited<ReturnType<typeof measure>>} OverlayFigures */

/**
 * Measures what the overlay costs and how fast it comes, as it is handed out (the release build), in headless Chromium.
 * @param {string} root the checkout
 * @param {readonly string[]} args `--json`, `--times=40`
 * @returns {Promise<void>}
 */
export async function benchOverlay(root, args) {
  const times = Number(args.find((arg) => arg.startsWith('--times='))?.slice('--times='.length) ?? TIMES);
  const unknown = args.find((arg) => arg !== '--json' && !arg.startsWith('--times='));
  if (unknown !== undefined || !Number.isInteger(times) || times < 1)
    throw new Stop(`"${unknown ?? `--times=${times}`}" is not understood.`, 'npm run bench -- overlay [--json] [--times=40]', EXIT.usage);
  const figures = await measure(root, times);
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(figures, undefined, 2)}\n` : printOverlay(figures));
}

/** @param {string} root @param {number} times */
async function measure(root, times) {
  const { chrome } = await buildExtension(root, 'release');
  const peers = await fetchPeers(join(root, 'dist', 'bench'), say);
  const site = await servePages(peers);
  const ours = await openBrowser(chrome);
  const bare = await openBrowser();
  const empty = await openBrowser(writeEmptyExtension(join(root, 'dist', 'bench', 'empty-extension')));
  try {
    const stopper = await openStopper(ours);
    const loadBefore = loadavg();
    const pages = [];
    for (const page of PAGES) {
      /** @param {string} use @param {string} [tool] */
      const addressFor =
        (use, tool) =>
        (/** @type {number} */ of, inIt = tool) =>
          `${site.url}/${page}/${use}/${of}${inIt ? `?tool=${inIt}` : ''}`;
      say(`${page} page: key to painted …`);
      const openings = await measureOpenings({ browser: ours, stopper, without: bare, address: addressFor('open'), times });
      /** @type {Record<string, number[]>} */
      const peerOpenings = {};
      for (const { name } of peers)
        peerOpenings[name] = await measurePeer({ browser: bare, peer: name, address: addressFor('open', name), times });
      say(`${page} page: loading …`);
      const loads = await measureLoads(
        [
          { name: 'without', browser: bare, address: addressFor('load') },
          { name: 'again', browser: bare, address: addressFor('load') },
          { name: 'empty', browser: empty, address: addressFor('load') },
          { name: 'ours', browser: ours, address: addressFor('load') },
          ...peers.map(({ name }) => ({ name, browser: bare, address: addressFor('load', name) })),
        ],
        times,
      );
      say(`${page} page: typing …`);
      const typings = Math.ceil(times / TYPED_EVERY);
      const typed = {
        first: await countLostKeys({ browser: ours, address: addressFor('type'), times: typings }),
        stopped: await countLostKeys({ browser: ours, stopper, address: addressFor('type-stopped'), times: typings }),
        frame: await countLostKeys({ browser: ours, address: addressFor('type-frame'), times: typings, inFrame: true }),
      };
      pages.push({ page, openings, peerOpenings, loads: Object.fromEntries(loads), typed });
    }
    say('sent to acknowledged …');
    const acknowledged = await measureAcknowledged(times);
    return {
      machine: { cores: cpus().length, loadBefore, loadAfter: loadavg(), browser: ours.context.browser()?.version() ?? '', times },
      sizes: measureSizes(join(root, 'dist', 'extension'), chrome),
      peers: peers.map(({ name, version, gz, note }) => ({ name, version, gz, note })),
      pages,
      acknowledged,
    };
  } finally {
    await Promise.allSettled([ours.close(), bare.close(), empty.close()]);
    site.close();
  }
}
