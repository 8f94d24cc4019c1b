/**
 * @typedef {object} Probe
 * @property {(tool: string, heldMs: number) => void} arm from now on the next key is measured; what changes before it was held that long is not its doing
 * @property {() => Promise<{ pressed: number, painted: number | null, presented: number | null, isOnTop: boolean }>} outcome in milliseconds of the page's clock; `painted` is null when nothing changed within ten seconds
 */

/**
 * Put into each page before anything else of it, also before content scripts, which the key never gets past.
 * From the key's own time stamp, given by the browser when it came in, to the end of the first frame that the tool changed:
 * the page's thread has then done style, layout and paint. `presented` is the browser's own Event Timing, in steps of 8 ms,
 * which keeps silent below 16 ms.
 */
export function installProbe() {
  if (window !== window.top) return;
  let pressed = 0;
  /** @type {number | null} */
  let presented = null;
  /** @type {Promise<number>} */
  let painted = Promise.resolve(0);
  let host = '';
  let held = 0;
  addEventListener(
    'keydown',
    (event) => {
      if (event.isTrusted && !['Control', 'Alt', 'Shift'].includes(event.key)) pressed ||= event.timeStamp;
    },
    { capture: true },
  );
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === 'keydown' && entry.startTime === pressed) presented = entry.duration;
  }).observe(/** @type {PerformanceObserverInit} */ ({ type: 'event', durationThreshold: 16 }));
  /** @param {() => void} changed */
  const watch = (changed) => {
    const watching = new MutationObserver(() => {
      if (!pressed || performance.now() < pressed + held || !document.querySelector(host)) return;
      watching.disconnect();
      changed();
    });
    const changes = { childList: true, subtree: true, attributes: true };
    watching.observe(document.body, changes);
    for (const each of document.querySelectorAll(host)) if (each.shadowRoot) watching.observe(each.shadowRoot, changes);
  };
  /** @type {Probe} */
  const probe = {
    arm(tool, heldMs) {
      host = tool;
      held = heldMs;
      pressed = 0;
      presented = null;
      painted = new Promise((done) => {
        watch(() =>
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => done(performance.now());
            port2.postMessage(0);
          }),
        );
      });
    },
    async outcome() {
      const at = await Promise.race([painted, new Promise((done) => setTimeout(() => done(null), 10_000))]);
      // Event Timing is told in a frame after the one it times.
      for (let frame = 0; frame < 6 && presented === null; frame += 1) await new Promise((next) => requestAnimationFrame(next));
      const isOnTop = document.elementFromPoint(innerWidth / 2, innerHeight / 4)?.matches(host) ?? false;
      return { pressed, painted: at, presented, isOnTop };
    },
  };
  Object.assign(window, { benchProbe: probe });
}

/** @typedef {Window & { benchProbe: Probe }} Probed */

/**
 * Makes the probe of a page ready for a key.
 * @param {import('@playwright/test').Page} page
 * @param {string} tool selector of the tool's element
 * @param {number} [heldMs] how long the tool wants its key held
 */
export async function arm(page, tool, heldMs = 0) {
  await page.evaluate(
    ([selector, held]) => /** @type {Probed} */ (/** @type {unknown} */ (window)).benchProbe.arm(selector, held),
    /** @type {const} */ ([tool, heldMs]),
  );
}

/**
 * @param {import('@playwright/test').Page} page
 * @returns {Promise<{ ms: number, presented: number | null, isOnTop: boolean } | undefined>} undefined when the tool did not come
 */
export async function outcomeOf(page) {
  const outcome = await page.evaluate(() => /** @type {Probed} */ (/** @type {unknown} */ (window)).benchProbe.outcome());
  if (outcome.painted === null) return undefined;
  if (outcome.pressed === 0) throw new Error('the probe did not see the key: it must be in the page before the content scripts');
  return { ms: outcome.painted - outcome.pressed, presented: outcome.presented, isOnTop: outcome.isOnTop };
}
