import { goalsOf, kB, ms, tableOf } from '../report.mjs';
import { intervalOfMedian, median, quantile } from '../statistics.mjs';

/** SPEC 17; acknowledged: SPEC 9.2. */
const GOALS = { paintedMs: 35, acknowledgedMs: 100, topBytes: 16_000, frameBytes: 2_000 };

/** @typedef {import('../overlay.mjs').OverlayFigures} OverlayFigures @typedef {OverlayFigures['pages'][number]} PageFigures */

/** @param {OverlayFigures} figures */
export function printOverlay(figures) {
  const { machine, peers } = figures;
  const busy = machine.loadBefore[0]?.toFixed(1);
  const parts = [
    `Chromium ${machine.browser}, headless; ${machine.cores} cores, load ${busy} before and ${machine.loadAfter[0]?.toFixed(1)} after; ${machine.times} repetitions of each\n`,
    'Key to painted: from the time stamp the browser gave the key to the end of the first frame that it changed, in a page that was idle\n',
    openingTable(figures),
    'On every page: script as sent, compressed; load event, script time and heap after a collection, medians\n',
    costTable(figures),
    'From Enter to the run in its place, kept in the browser and in the ledger on the way, with a real daemon\n',
    tableOf([
      ['', 'p50', 'p95', 'slowest', 'n'],
      ['sent to acknowledged', ...spread(figures.acknowledged), `${figures.acknowledged.length}`],
    ]),
    goalsOf(goals(figures)),
    `Fetched when the overlay is first opened: ${kB(figures.sizes.panel)} gz. Archives: Chrome ${kB(figures.sizes.zips.chrome)}, Firefox ${kB(figures.sizes.zips.firefox)}.\n`,
    peers.map(({ name, version, note }) => `${name} ${version}: ${note}.\n`).join(''),
    'Load is within noise when the 95 % interval of what is added meets that of the same page measured twice without anything, whichever\n' +
      'of the two came first. What our scripts add is told from what Chromium takes for any extension with a script in each frame.\n',
  ];
  return `${parts.join('\n')}`;
}

/** @param {OverlayFigures} figures */
function openingTable({ pages }) {
  /** @param {string} name @param {readonly number[]} painted */
  const beside = (name, painted) => {
    const bare = pages.find(({ page }) => page === name)?.openings.bare.map((each) => each.ms) ?? [];
    return `${(median(painted) / median(bare)).toFixed(1)}×`;
  };
  const rows = pages.flatMap(({ page, openings, peerOpenings }) => [
    .../** @type {const} */ (['first', 'second', 'stopped', 'bare']).map((kind) => {
      const painted = openings[kind].map((each) => each.ms);
      const presented = openings[kind].map((each) => each.presented ?? TOLD_FROM_MS);
      return [
        `${page} page: ${OPENED[kind]}`,
        ...spread(painted),
        beside(page, painted),
        ms(quantile(presented, 0.95)),
        `${painted.length}`,
      ];
    }),
    ...Object.entries(peerOpenings).map(([name, painted]) => [
      `${page} page: ${name}`,
      ...spread(painted),
      beside(page, painted),
      '',
      `${painted.length}`,
    ]),
  ]);
  return tableOf([['', 'p50', 'p95', 'slowest', 'p50 / bare', 'on screen p95 (8 ms steps, from 16)', 'n'], ...rows]);
}

const OPENED = {
  first: 'first open',
  second: 'second open',
  stopped: 'first open, background stopped',
  bare: 'a bare <dialog> of the page’s own',
};
/** Faster than this the browser does not tell how fast. */
const TOLD_FROM_MS = 16;

/** @param {readonly number[]} values */
const spread = (values) => [ms(quantile(values, 0.5)), ms(quantile(values, 0.95)), ms(Math.max(...values))];

/** @param {OverlayFigures} figures */
function costTable({ pages, sizes, peers }) {
  const scripts = new Map([
    ['ours', `${kB(sizes.top)}, frame ${kB(sizes.frame)}`],
    ...peers.map(({ name, gz }) => /** @type {[string, string]} */ ([name, kB(gz)])),
  ]);
  const names = new Map([
    ['without', 'nothing'],
    ['again', 'nothing, measured again'],
    ['empty', 'an empty extension'],
    ['ours', 'Codex Builder'],
  ]);
  const rows = pages.flatMap(({ page, loads }) =>
    Object.entries(loads).map(([name, each]) => {
      const { low, high } = shiftOf(loads, name);
      const shift = name === 'without' ? '' : `${low.toFixed(1)} … ${high.toFixed(1)} ms`;
      /** @param {'load' | 'script' | 'heap' | 'painted'} what */
      const middle = (what) => median(each.map((load) => load[what]));
      return [
        `${page} page: ${names.get(name) ?? name}`,
        scripts.get(name) ?? '',
        ms(middle('load')),
        shift,
        ms(middle('painted')),
        ms(middle('script')),
        kB(middle('heap')),
      ];
    }),
  );
  return tableOf([['', 'script', 'load', 'more (95 %)', 'first paint', 'script time', 'heap'], ...rows]);
}

/**
 * What a variant adds to the load time of another, pair by pair as they were measured beside each other.
 * @param {PageFigures['loads']} loads
 * @param {string} name
 * @param {string} [beside]
 */
function shiftOf(loads, name, beside = 'without') {
  const others = loads[beside] ?? [];
  return intervalOfMedian((loads[name] ?? []).map(({ load }, at) => load - (others[at]?.load ?? Number.NaN)));
}

/** How far apart two measurements of the same may lie: which of them came first is chance. @param {PageFigures['loads']} loads */
function noiseOf(loads) {
  const { low, high } = shiftOf(loads, 'again');
  return Math.max(Math.abs(low), Math.abs(high));
}

/** @param {OverlayFigures} figures @returns {import('../report.mjs').Goal[]} */
function goals({ pages, sizes, acknowledged }) {
  const painted = pages.flatMap(({ page, openings }) =>
    /** @type {const} */ (['first', 'second', 'stopped']).map((kind) => {
      const p95 = quantile(
        openings[kind].map((each) => each.ms),
        0.95,
      );
      return {
        what: `key to painted p95, ${page} page, ${OPENED[kind]}`,
        goal: ms(GOALS.paintedMs),
        measured: ms(p95),
        isMet: p95 <= GOALS.paintedMs,
      };
    }),
  );
  const loads = pages.flatMap((each) =>
    /** @type {const} */ ([
      ['empty', 'to an empty extension'],
      ['without', 'to no extension at all'],
    ]).map(([beside, words]) => {
      const noise = noiseOf(each.loads);
      const added = shiftOf(each.loads, 'ours', beside);
      return {
        what: `load time added ${words}, ${each.page} page`,
        goal: `noise (${noise.toFixed(1)} ms)`,
        measured: `${added.low.toFixed(1)} … ${added.high.toFixed(1)} ms`,
        isMet: added.low <= noise,
      };
    }),
  );
  const counts = pages.flatMap(({ typed }) => Object.values(typed));
  const lost = counts.reduce((sum, each) => sum + each.lost, 0);
  const typed = counts.reduce((sum, each) => sum + each.typed, 0);
  return [
    ...painted,
    { what: 'script in the top frame, gz', goal: kB(GOALS.topBytes), measured: kB(sizes.top), isMet: sizes.top <= GOALS.topBytes },
    {
      what: 'script in every other frame, gz',
      goal: kB(GOALS.frameBytes),
      measured: kB(sizes.frame),
      isMet: sizes.frame <= GOALS.frameBytes,
    },
    ...loads,
    {
      what: 'sent to acknowledged p95',
      goal: ms(GOALS.acknowledgedMs),
      measured: ms(quantile(acknowledged, 0.95)),
      isMet: quantile(acknowledged, 0.95) <= GOALS.acknowledgedMs,
    },
    { what: 'typed keys lost (page, background stopped, frame)', goal: '0', measured: `${lost} of ${typed}`, isMet: lost === 0 },
  ];
}
