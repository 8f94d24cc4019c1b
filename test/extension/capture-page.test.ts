import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CaptureBench, type CapturePage, openCaptureBench } from './capture-bench.ts';

let bench: CaptureBench;
beforeAll(async () => {
  bench = await openCaptureBench();
});
afterAll(() => bench.close());

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJlLW9mLW5vdGhpbmc';
/** Everything private on the page below. None of it may leave unasked. */
const PRIVATE = [
  'hunter2-secret',
  'ann@example.com',
  'Smith',
  '4111 1111 1111 1111',
  JWT,
  'csrf-token-9f8e7d',
  'my diary',
  'Berlin',
  'typed later',
  '12 Elm Street',
  'bob@example',
  'deep@example.com',
  'closed@example.com',
  'frame@example.com',
];
const FORM = `<!doctype html><html lang="en"><title>Account of ann@example.com</title><body>
<main id="account" style="font: 16px sans-serif">
  <h1 data-testid="heading">Your account</h1>
  <p>Signed in as <b>ann</b>@example.com, card 4111 <i>1111</i> 1111 1111</p>
  <p>Token: <code>${JWT}</code></p>
  <form action="/save?session=abc12345&tab=1">
    <input type="hidden" name="csrf" value="csrf-token-9f8e7d">
    <label>Password <input type="password" id="pw" value="hunter2-secret"></label>
    <label>Name <input name="name" value="Ann Smith"></label>
    <textarea id="notes">my diary</textarea>
    <select><option>Paris</option><option selected>Berlin</option></select>
    <div contenteditable="true" id="rich">typed later</div>
    <div data-private><span>12 Elm Street</span></div>
    <button type="submit" class="css-1x2y3z save" title="Saves for bob@example.com">Save account</button>
  </form>
  <div id="host"></div><div id="closed"></div>
  <iframe id="inner" srcdoc="<p>frame@example.com</p><button>Inside</button>" width="300" height="80"></iframe>
</main>
<script>
  document.getElementById('host').attachShadow({ mode: 'open' }).innerHTML = '<p>deep@example.com</p><button>Deep</button>';
  document.getElementById('closed').attachShadow({ mode: 'closed' }).innerHTML = '<p>closed@example.com</p>';
</script></body></html>`;

describe('a page with private things', () => {
  let opened: CapturePage;
  beforeAll(async () => {
    opened = await bench.open({ 'index.html': FORM });
  });

  test('sends none of them unasked', async () => {
    const sent = await opened.beside(async (capture) => {
      const collected = await capture.collect({ withoutPicture: true });
      const elements = ['#account', 'form', 'p', '#pw', '[data-private]', '[data-private] span', 'button', '#notes', '#rich', 'select'].map(
        (selector) => capture.takeElement(document.querySelector(selector)!),
      );
      return JSON.stringify((await capture.toRequest({ ...collected, elements }, 'Make it blue')).request);
    });
    for (const secret of PRIVATE) expect(sent).not.toContain(secret);
    expect(sent).not.toMatch(/abcdefgh12345678|abc12345|#private/);
    expect(sent).toContain('tab=2');
    expect(sent).toContain('Save account');
    expect(sent).toContain('[password]');
    expect(sent).toContain('[email]');
  });

  test('covers each of them in the picture, in shadow roots and frames too', async () => {
    const { regions, isWhole } = await opened.beside((capture) => capture.privateRegions({ width: 1000, height: 700 }));
    expect(isWhole).toBe(true);
    const kinds = (id: string) => regions.filter(({ secret }) => secret === id).length;
    for (const id of [
      'password:hunter2-secret',
      'field:Ann Smith',
      'field:my diary',
      'field:Berlin',
      'field:typed later',
      'email:deep@example.com',
      'email:frame@example.com',
      'private:12 Elm Street',
    ])
      expect(kinds(id), id).toBeGreaterThan(0);
    // Spread over three elements: each part has its place.
    expect(regions.filter(({ secret }) => secret.startsWith('email:')).length).toBeGreaterThanOrEqual(4);
    expect(regions.filter(({ secret }) => secret.startsWith('card:')).length).toBeGreaterThanOrEqual(2);
  });

  test('has nothing but one colour where something is covered, in the bytes that are sent', async () => {
    const colours = await opened.beside(async (capture) => {
      const collected = await capture.collect();
      const shownId = 'field:Ann Smith';
      const { pictures } = await capture.toRequest({ ...collected, shown: [shownId] }, 'x');
      const bytes = Uint8Array.from(atob(pictures[0]!), (char) => char.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes]));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const pen = canvas.getContext('2d')!;
      pen.drawImage(image, 0, 0);
      const inside = (selector: string) => {
        const { x, y, width, height } = document.querySelector(selector)!.getBoundingClientRect();
        const { data } = pen.getImageData(x + 1, y + 1, width - 2, height - 2);
        const seen = new Set<string>();
        for (let at = 0; at < data.length; at += 4) seen.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
        return seen.size;
      };
      return {
        pw: inside('#pw'),
        notes: inside('#notes'),
        token: inside('code'),
        shown: inside('[name=name]'),
        heading: inside('h1'),
        marks: collected.pictures[0]!.marks.length,
      };
    });
    expect(colours).toMatchObject({ pw: 1, notes: 1, token: 1 });
    expect(colours.shown).toBeGreaterThan(1);
    expect(colours.heading).toBeGreaterThan(1);
  });

  test('sends one that the person showed, and only that one', async () => {
    const sent = await opened.beside(async (capture) => {
      const collected = await capture.collect({ withoutPicture: true });
      const withForm = { ...collected, elements: [capture.takeElement(document.querySelector('form')!)] };
      const name = capture.secretsIn(withForm).find(({ secret }) => secret.value === 'Ann Smith')!;
      return JSON.stringify((await capture.toRequest({ ...withForm, shown: [name.secret.id] }, 'x')).request);
    });
    expect(sent).toContain('Ann Smith');
    expect(sent).not.toContain('csrf-token-9f8e7d');
    expect(sent).not.toContain('hunter2-secret');
  });

  test('sends nothing of the page when the person switched it off', async () => {
    const ready = await opened.beside(async (capture) => {
      const collected = await capture.collect();
      return capture.toRequest({ ...collected, switches: { ...collected.switches, page: false } }, 'Only words');
    });
    expect(ready).toEqual({ request: { prompt: 'Only words' }, pictures: [] });
  });
});

describe('a selector', () => {
  test('is short, lasting and finds its element again: through shadow roots and frames too', async () => {
    const { beside } = await bench.open({
      'index.html': `<!doctype html><body><div data-testid="cart"><ul>${'<li><span>row</span></li>'.repeat(5)}</ul></div><button id=":r1:" class="css-1x2y3z kx9q2w submit-order">Go</button>
      <label for="e">E</label><input id="e" name="email"><x-a></x-a><iframe name="shop" srcdoc="<section><p>one</p><p>two</p></section>"></iframe>
      <script>customElements.define('x-a', class extends HTMLElement { constructor() { super(); this.attachShadow({mode:'open'}).innerHTML = '<div><b>1</b><b>2</b></div>'; } });</script>`,
    });
    const places = await beside((capture) => {
      const inner = document.querySelector('iframe')!.contentDocument!;
      const shadow = document.querySelector('x-a')!.shadowRoot!;
      const elements = [
        document.querySelectorAll('li span')[2]!,
        document.querySelector('button')!,
        document.querySelector('input')!,
        inner.querySelectorAll('p')[1]!,
        shadow.querySelectorAll('b')[1]!,
        document.body,
        document.documentElement,
      ];
      return elements.map((element) => {
        const place = capture.placeOf(element);
        return { ...place, isBack: capture.findPlace(place) === element };
      });
    });
    expect(places.map(({ isBack }) => isBack)).toEqual(places.map(() => true));
    expect(places.map(({ selector, frame }) => (frame === undefined ? selector : `${frame} | ${selector}`))).toEqual([
      '[data-testid="cart"] > ul > li:nth-of-type(3) > span',
      'button.submit-order',
      '#e',
      'iframe[name="shop"] | html > body > section > p:nth-of-type(2)',
      'x-a >>> div > b:nth-of-type(2)',
      'body',
      'html',
    ]);
  });

  test('finds every element of a real page of somebody else, and is mostly not a count of places', async () => {
    const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
    const file = (name: string) => readFileSync(join(folder, name));
    const spec = {
      openapi: '3.0.0',
      info: { title: 'Garden', version: '1' },
      paths: Object.fromEntries(
        ['plants', 'beds', 'tools'].map((name) => [
          `/${name}`,
          {
            get: { tags: [name], summary: `All ${name}`, responses: { 200: { description: 'fine' } } },
            post: { tags: [name], summary: `Add to ${name}`, responses: { 201: { description: 'made' } } },
          },
        ]),
      ),
    };
    const { page, beside } = await bench.open({
      'index.html': file('index.html').toString(),
      'swagger-ui.css': file('swagger-ui.css'),
      'index.css': file('index.css'),
      'swagger-ui-bundle.js': file('swagger-ui-bundle.js'),
      'swagger-ui-standalone-preset.js': file('swagger-ui-standalone-preset.js'),
      'swagger-initializer.js': `window.onload = () => { window.ui = SwaggerUIBundle({ spec: ${JSON.stringify(spec)}, dom_id: '#swagger-ui', presets: [SwaggerUIBundle.presets.apis] }); };`,
    });
    await page.getByText('All plants').waitFor();
    const found = await beside((capture) => {
      const all = [...document.querySelectorAll('#swagger-ui *')].filter((element) => !element.closest('svg'));
      const places = all.map((element) => ({ element, place: capture.placeOf(element) }));
      const button = capture.takeElement(document.querySelector('.opblock-summary-control')!);
      return {
        all: all.length,
        wrong: places.filter(({ element, place }) => capture.findPlace(place) !== element).map(({ place }) => place.selector),
        counted: places.filter(({ place }) => place.selector.includes(':nth-')).length,
        longest: Math.max(...places.map(({ place }) => place.selector.length)),
        button: { role: button.role, name: button.name, selector: button.selector },
        hints: Object.keys(capture.frameworkHints('.opblock-summary-control', null)),
      };
    });
    expect(found.all).toBeGreaterThan(100);
    expect(found.wrong).toEqual([]);
    expect(found.longest).toBeLessThan(400);
    expect(found.counted / found.all).toBeLessThan(0.6);
    expect(found.button).toMatchObject({ role: 'button', name: ['get /plants'] });
    const inPage = await page.evaluate(
      `(${await beside((capture) => capture.frameworkHints.toString())})('.opblock-summary-control', null)`,
    );
    expect(inPage).toMatchObject({ 'react components': expect.stringContaining('WithSystem') });
  });
});

test('what is embedded is looked into, or covered where nobody can look: a picture of it may show anything', async () => {
  const { beside } = await bench.open({
    'index.html': `<!doctype html><body style="margin:0">
      <object data="inner.html" width="300" height="60"></object>
      <embed src="data:text/html,Balance" type="text/html" width="300" height="60">
      <object data="photo.png" width="60" height="60"></object>
      <object width="300" height="20">Nothing embedded</object>`,
    'inner.html': '<!doctype html><body style="margin:0">ann@example.com',
    'photo.png': 'none',
  });
  const found = await beside((capture) => capture.privateRegions({ width: 1000, height: 700 }).regions.map(({ secret }) => secret));
  expect(found).toEqual(['email:ann@example.com', 'frame:data:text/html,Balance']);
});
