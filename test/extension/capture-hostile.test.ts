import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Collected } from '../../extension/capture/collected.ts';
import { type CaptureBench, openCaptureBench } from './capture-bench.ts';

let bench: CaptureBench;
beforeAll(async () => {
  bench = await openCaptureBench();
});
afterAll(() => bench.close());

describe('a hostile page', () => {
  test('cannot reach into capture with patched prototypes, throwing getters or proxies', async () => {
    const { page, beside } = await bench.open({
      'index.html': `<!doctype html><body><div id="target">Hello <input value="secret-value-1"></div><script>
        const spy = []; window.spy = spy;
        for (const proto of [Element.prototype, Node.prototype, Document.prototype, HTMLInputElement.prototype, Array.prototype, String.prototype])
          for (const name of Object.getOwnPropertyNames(proto)) { const d = Object.getOwnPropertyDescriptor(proto, name);
            if (d.get && d.configurable) Object.defineProperty(proto, name, { configurable: true, get() { spy.push(name); throw new Error('getter ' + name); } }); }
        Document.prototype.createElement = () => { throw new Error('no'); };
        Element.prototype.getBoundingClientRect = () => ({ x: 0/0, y: 'x' });
        JSON.stringify = () => { throw new Error('no'); };
        window.Promise = function () { throw new Error('no'); };
        Object.defineProperty(document.getElementById ? window : window, 'chrome', { get() { throw new Error('chrome'); } });
      </script>`,
    });
    const sent = await beside(async (capture) => {
      const collected = await capture.collect();
      const ready = await capture.toRequest({ ...collected, elements: [capture.takeElement(document.getElementById('target')!)] }, 'x');
      return { text: JSON.stringify(ready.request), pictures: ready.pictures.length };
    });
    expect(sent.text).toContain('Hello');
    expect(sent.text).not.toContain('secret-value-1');
    expect(sent.pictures).toBe(1);
    expect(await page.evaluate('globalThis.captureModules === undefined')).toBe(true);
  });

  test('whose framework lies, throws and never ends gives short strings or nothing', async () => {
    const { page, beside } = await bench.open({
      'index.html': `<!doctype html><body><b id="a">a</b><script>
        const a = document.getElementById('a');
        a.__reactFiber$x = new Proxy({}, { get(t, key) { if (key === 'return') return a.__reactFiber$x; if (key === '_debugSource') return { fileName: 'x'.repeat(1e6), lineNumber: 1 }; throw new Error(String(key)); } });
        Object.defineProperty(a, '__svelte_meta', { get() { throw new Error('no'); } });
        a.__vueParentComponent = { type: { get __file() { throw 1; }, name: 'N'.repeat(1e5) }, get parent() { return this; } };
      </script>`,
    });
    const hints = (await page.evaluate(`(${await beside((capture) => capture.frameworkHints.toString())})('#a', null)`)) as Record<
      string,
      string
    >;
    expect(Object.values(hints).every((hint) => typeof hint === 'string' && hint.length <= 2_000)).toBe(true);
    expect(await page.evaluate(`(${await beside((capture) => capture.frameworkHints.toString())})('#missing >>> b', 'iframe')`)).toEqual(
      {},
    );
  });

  test('of noise gives no picture larger than the daemon takes', async () => {
    const { beside } = await bench.open({ 'index.html': '<!doctype html><body>' });
    const sent = await beside(async (capture) => {
      const canvas = new OffscreenCanvas(3_000, 3_000);
      const pen = canvas.getContext('2d')!;
      const noise = new ImageData(3_000, 3_000);
      const words = new Uint32Array(noise.data.buffer);
      for (let at = 0, seed = 1; at < words.length; at++) {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
        words[at] = seed | 0xff000000;
      }
      pen.putImageData(noise, 0, 0);
      const source = await createImageBitmap(canvas);
      const crop = { x: 0, y: 0, width: 3_000, height: 3_000 };
      const whole = await capture.burned({ id: 'page', of: 'page', source, crop, marks: [], isOff: false }, new Set());
      return { length: whole.length, type: whole.slice(0, 4) };
    });
    expect(sent.length).toBeLessThanOrEqual(20_000_000);
    expect(sent.length).toBeGreaterThan(100_000);
    expect(sent.type).toBe('/9j/'); // a JPEG: the PNG would have been too large
  });

  test('of 20,000 nodes is bounded, and what could not be looked through is not sent by itself', async () => {
    const { beside } = await bench.open({
      'index.html': `<!doctype html><body><div id="all">${'<p><span>row</span><a href="/x">link</a></p>'.repeat(7_000)}</div>`,
    });
    const taken = await beside((capture) => {
      const element = capture.takeElement(document.getElementById('all')!);
      return capture
        .toRequest(
          {
            url: ['http://x/'],
            title: [],
            viewport: { width: 1, height: 1, scale: 1, scrollX: 0, scrollY: 0 },
            elements: [element],
            pictures: [],
            console: [],
            failedRequests: [],
            switches: { page: true, title: true, viewport: true, console: false, failedRequests: false },
            shown: [],
          },
          'x',
        )
        .then(({ request }) => ({
          html: element.html.length,
          bytes: JSON.stringify(request).length,
          end: request.context!.elements![0]!.html!.slice(-40),
        }));
    });
    expect(taken.bytes).toBeLessThan(25_000);
    expect(taken.end).toMatch(/more -->|…/);
    const huge = await bench.open({ 'index.html': `<!doctype html><body>${'<i>x</i>'.repeat(90_000)}` });
    const picture = await huge.beside(async (capture) => {
      const collected: Collected = await capture.collect();
      const { pictures } = await capture.toRequest(collected, 'x');
      return { isOff: collected.pictures[0]!.isOff, doubt: collected.pictures[0]!.doubt, sent: pictures.length };
    });
    expect(picture).toMatchObject({ isOff: true, sent: 0 });
    expect(picture.doubt).toMatch(/too large/);
  });
});
