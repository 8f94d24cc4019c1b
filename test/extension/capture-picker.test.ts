import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CaptureBench, type CapturePage, openCaptureBench } from './capture-bench.ts';

let bench: CaptureBench;
const folder = process.env['CAPTURE_PICTURES'];
beforeAll(async () => {
  bench = await openCaptureBench();
  if (folder) mkdirSync(folder, { recursive: true });
});
afterAll(() => bench.close());

const SHOP = `<!doctype html><html lang="en"><title>Orders of ann@example.com</title><meta name="color-scheme" content="light dark"><style>body{font:15px/1.5 sans-serif;margin:0;padding:24px 40px;max-width:900px} nav a{margin-right:16px} table{border-collapse:collapse;width:100%} td,th{border-bottom:1px solid #8884;padding:8px;text-align:left} button{padding:8px 14px}</style><body>
<nav><a href="/">Meadow</a><a href="/orders">Orders</a><a href="/account">ann@example.com</a></nav>
<main id="orders"><h1>Your orders</h1>
<form><label>Search <input name="q" value="birthday present for Tom"></label> <button type="button" data-testid="search">Find orders</button></form>
<table><tr><th>Order</th><th>What</th><th>Paid with</th></tr><tr data-testid="order-1"><td>1001</td><td>Three fern pots</td><td>4111 1111 1111 1111</td></tr><tr data-testid="order-2"><td>1002</td><td>A rake</td><td>On account</td></tr></table>
<p id="foot">Questions? <a href="/help">Write to us</a></p></main>
<script>window.heard = []; for (const type of ['pointerdown','pointerup','mousedown','mouseup','click','keydown','keyup','keypress']) document.addEventListener(type, (event) => window.heard.push(type), true);</script></body></html>`;

async function startPicking({ beside }: CapturePage): Promise<void> {
  await beside((capture) => {
    const host = document.createElement('div');
    host.style.cssText = 'all:initial;position:fixed;inset:0;z-index:2147483647;pointer-events:none';
    const root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(capture.css);
    root.adoptedStyleSheets = [sheet];
    document.body.append(host);
    const layer = document.createElement('div');
    root.append(layer);
    const seen = { picked: [] as unknown[], ends: 0 };
    Object.assign(globalThis, { seen });
    capture.startPicker({
      layer,
      already: [],
      onPick: ({ element, picture }) =>
        seen.picked.push({
          selector: element.selector,
          name: element.name,
          picture: picture && { of: picture.of, width: picture.crop.width, isOff: picture.isOff },
        }),
      onEnd: () => seen.ends++,
    });
  });
}

const seenOf = ({ beside }: CapturePage) =>
  beside(() => (globalThis as unknown as { seen: { picked: { selector: string; picture?: unknown }[]; ends: number } }).seen);
const label = ({ beside }: CapturePage) =>
  beside(() => [...document.body.children].at(-1)!.shadowRoot!.querySelector('.cap-label')?.textContent ?? '');

async function picks(opened: CapturePage, count: number): Promise<{ picked: { selector: string; picture?: unknown }[]; ends: number }> {
  await expect.poll(async () => (await seenOf(opened)).picked.length).toBeGreaterThanOrEqual(count);
  return seenOf(opened);
}

describe('pointing at elements', () => {
  test('by pointer: an outline follows, a click picks, Shift-click goes on, and the page hears nothing', async () => {
    const opened = await bench.open({ 'index.html': SHOP });
    await startPicking(opened);
    await opened.page.mouse.move(10, 690);
    const button = (await opened.page.getByTestId('search').boundingBox())!;
    await opened.page.mouse.move(button.x + 20, button.y + 10);
    expect(await label(opened)).toMatch(/^button “Find orders” · \d+ × \d+$/);
    await opened.page.keyboard.down('Shift');
    await opened.page.mouse.click(button.x + 20, button.y + 10);
    expect((await picks(opened, 1)).picked[0]).toMatchObject({
      selector: '[data-testid="search"]',
      picture: { of: 'element', isOff: false },
    });
    await opened.page.keyboard.up('Shift');
    if (folder) {
      const row = (await opened.page.getByTestId('order-1').boundingBox())!;
      await opened.page.mouse.move(row.x + 5, row.y + 3);
      await opened.page.screenshot({ path: `${folder}/picker-light.png` });
    }
    const link = (await opened.page.getByText('Write to us').boundingBox())!;
    await opened.page.mouse.click(link.x + 10, link.y + 8);
    const seen = await picks(opened, 2);
    expect(seen.picked.map(({ selector }) => selector)).toEqual(['[data-testid="search"]', 'a[href="/help"]']);
    expect(seen.ends).toBe(1);
    expect(await opened.page.evaluate('window.heard')).toEqual([]);
    expect(opened.page.url()).not.toContain('help');
    await opened.page.getByTestId('search').click();
    expect(await opened.page.evaluate('window.heard.includes("click")')).toBe(true);
  });

  test('by key: parent, child, sibling, Enter picks, Esc ends', async () => {
    const opened = await bench.open({ 'index.html': SHOP });
    await startPicking(opened);
    const cell = (await opened.page.getByText('Three fern pots').boundingBox())!;
    await opened.page.mouse.move(cell.x + 5, cell.y + 5);
    const path: string[] = [];
    for (const key of ['ArrowUp', 'ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowRight']) {
      await opened.page.keyboard.press(key);
      path.push((await label(opened)).replace(/ · .*/, ''));
    }
    expect(path).toEqual([
      'row “1001 Three fern pots 4111 1111 1111 1111”',
      'row “1002 A rake On account”',
      'row “1001 Three fern pots 4111 1111 1111 1111”',
      'cell “1001”',
      'cell “Three fern pots”',
    ]);
    await opened.page.keyboard.press('Enter');
    const seen = await picks(opened, 1);
    expect(seen).toMatchObject({ picked: [{ selector: '[data-testid="order-1"] > td:nth-of-type(2)' }], ends: 1 });
    await startPicking(opened);
    await opened.page.keyboard.press('Escape');
    expect(await seenOf(opened)).toMatchObject({ picked: [], ends: 1 });
    expect(await opened.page.evaluate('window.heard')).toEqual([]);
  });

  test('reaches into frames of the same origin and open shadow roots', async () => {
    const opened = await bench.open({
      'index.html': `<!doctype html><body style="margin:0"><iframe id="f" style="border:10px solid;width:300px;height:100px" srcdoc="<body style='margin:0'><button style='width:200px;height:50px'>In a frame</button>"></iframe><x-a></x-a><script>customElements.define('x-a', class extends HTMLElement { constructor() { super(); this.attachShadow({mode:'open'}).innerHTML = '<button style="position:fixed;left:500px;top:0;width:100px;height:50px">In a root</button>'; } });</script>`,
    });
    await startPicking(opened);
    await opened.page.keyboard.down('Shift');
    await opened.page.mouse.click(40, 40);
    await picks(opened, 1);
    await opened.page.mouse.click(550, 20);
    const { picked } = await picks(opened, 2);
    expect(picked.map(({ selector }) => selector)).toEqual(['button', 'x-a >>> button']);
  });
});

describe.each([false, true])('the payload view, dark: %s', (dark) => {
  test('shows the very bytes, and what is switched off is gone from them', async () => {
    const opened = await bench.open({ 'index.html': SHOP }, { dark });
    const { page, beside } = opened;
    await beside(async (capture) => {
      const collected = await capture.collect();
      const picked = ['[data-testid="search"]', '[data-testid="order-1"]'].map((selector) =>
        capture.takeElement(document.querySelector(selector)!),
      );
      const crop = await capture.photograph(picked[1]!.id, {
        box: document.querySelector('[data-testid="order-1"]')!.getBoundingClientRect(),
      });
      const host = document.createElement('div');
      const root = host.attachShadow({ mode: 'open' });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(
        `${capture.css} .room{padding:16px;background:var(--cb-bg);font:13px/1.45 var(--cb-font);width:680px;margin:20px auto;border:1px solid var(--cb-line);border-radius:12px}`,
      );
      root.adoptedStyleSheets = [sheet];
      const room = document.createElement('div');
      room.className = 'room';
      root.append(room);
      document.body.replaceChildren(host);
      const state = {
        collected: {
          ...collected,
          elements: [{ ...picked[0]!, note: 'Make this green' }, picked[1]!],
          pictures: [...collected.pictures, ...(crop.ok ? [crop.picture] : [])],
        },
        editing: undefined as string | undefined,
      };
      const draw = () => {
        const picture = state.collected.pictures.find(({ id }) => id === state.editing);
        capture.render(
          picture
            ? capture.h(capture.PictureEditor, {
                picture,
                shown: state.collected.shown,
                onChange: (next) => {
                  state.collected = {
                    ...state.collected,
                    pictures: state.collected.pictures.map((each) => (each.id === next.id ? next : each)),
                  };
                  draw();
                },
                onDone: () => {
                  state.editing = undefined;
                  draw();
                },
              })
            : capture.h(capture.PayloadView, {
                collected: state.collected,
                prompt: 'Make the button green',
                onChange: (next) => {
                  state.collected = next as typeof state.collected;
                  draw();
                },
                onEdit: ({ id }) => {
                  state.editing = id;
                  draw();
                },
              }),
          room,
        );
      };
      Object.assign(globalThis, { state });
      draw();
    });
    const same = () =>
      beside(async (capture) => {
        const { state } = globalThis as unknown as { state: { collected: never } };
        return JSON.stringify((await capture.toRequest(state.collected, 'Make the button green')).request);
      });
    await page.getByText(/^Exactly what is sent/).click();
    const exact = page.locator('.cap-exactly pre');
    await expect.poll(() => exact.textContent()).toBe(await same());
    expect(await exact.textContent()).not.toMatch(/ann@example|4111 1111|birthday/);
    await page.getByText(/^Exactly what is sent/).click();
    if (folder) await page.screenshot({ path: `${folder}/payload-${dark ? 'dark' : 'light'}.png`, fullPage: true });

    await page.getByRole('switch', { name: 'Title' }).click();
    await page.getByRole('button', { name: 'HTML' }).first().click();
    await page.getByRole('button', { name: 'Remove element 2' }).click();
    await page.getByText(/^Exactly what is sent/).click();
    await expect.poll(() => exact.textContent()).toBe(await same());
    const sent = JSON.parse((await exact.textContent())!) as { context: { title?: string; elements: { html?: string }[] } };
    expect(sent.context.title).toBeUndefined();
    expect(sent.context.elements).toHaveLength(1);
    expect(sent.context.elements[0]!.html).toBeUndefined();
    await expect.poll(() => page.locator('.cap-sent').count()).toBe(1);

    await page.getByText(/private things? (is|are) hidden/).click();
    if (folder) await page.screenshot({ path: `${folder}/payload-open-${dark ? 'dark' : 'light'}.png`, fullPage: true });

    await page.getByRole('button', { name: 'Draw or cover' }).first().click();
    const board = page.locator('.cap-editor canvas');
    const box = (await board.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.05, box.y + box.height * 0.2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.4);
    await page.mouse.up();
    await page.getByRole('button', { name: 'Arrow' }).click();
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.8);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5, { steps: 3 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Frame' }).click();
    await board.focus();
    for (const key of ['Enter', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    if (folder) await page.screenshot({ path: `${folder}/editor-${dark ? 'dark' : 'light'}.png`, fullPage: true });
    const marks = () =>
      beside(() =>
        (
          globalThis as unknown as { state: { collected: { pictures: { marks: { kind: string; secret?: string }[] }[] } } }
        ).state.collected.pictures[0]!.marks.filter(({ secret }) => secret === undefined).map(({ kind }) => kind),
      );
    expect(await marks()).toEqual(['cover', 'arrow', 'frame']);
    await page.getByRole('button', { name: 'Undo' }).click();
    expect(await marks()).toEqual(['cover', 'arrow']);
    await page.getByRole('button', { name: 'Done' }).click();
    await expect.poll(() => page.locator('.cap-pictures canvas').count()).toBe(1);
  });
});
