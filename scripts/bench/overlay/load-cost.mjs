/**
 * @typedef {{ load: number, painted: number, script: number, heap: number }} Load milliseconds, and bytes of heap after a collection
 * @typedef {{ name: string, browser: import('./browsers.mjs').BenchBrowser, address: (of: number) => string }} Variant
 */

/**
 * Loads the page in each variant in turn, the order turning too, so that what else the machine does falls on all of them alike.
 * @param {readonly Variant[]} variants
 * @param {number} times
 * @returns {Promise<Map<string, Load[]>>}
 */
export async function measureLoads(variants, times) {
  /** @type {Map<string, Load[]>} */
  const loads = new Map(variants.map(({ name }) => [name, []]));
  // The first load of each warms files and caches and does not count.
  for (let time = -1; time < times; time += 1) {
    for (let at = 0; at < variants.length; at += 1) {
      const { name, browser, address } = /** @type {Variant} */ (variants[(at + time + 1) % variants.length]);
      const load = await measureLoad(browser, address(time));
      if (time >= 0) loads.get(name)?.push(load);
    }
  }
  return loads;
}

/** @param {import('./browsers.mjs').BenchBrowser} browser @param {string} url @returns {Promise<Load>} */
async function measureLoad({ context }, url) {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  await page.goto(url, { waitUntil: 'load' });
  const { load, painted } = await page.evaluate(async () => {
    for (let idle = 0; idle < 3; idle += 1) await new Promise((done) => requestIdleCallback(done, { timeout: 1_000 }));
    const navigation = performance.getEntriesByType('navigation')[0];
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    return { load: /** @type {PerformanceNavigationTiming} */ (navigation).loadEventEnd, painted: paint?.startTime ?? Number.NaN };
  });
  const script = await metric(session, 'ScriptDuration');
  await session.send('HeapProfiler.collectGarbage');
  const heap = await metric(session, 'JSHeapUsedSize');
  await page.close();
  return { load, painted, script: script * 1_000, heap };
}

/** @param {import('@playwright/test').CDPSession} session @param {string} name */
async function metric(session, name) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find((each) => each.name === name)?.value ?? Number.NaN;
}
