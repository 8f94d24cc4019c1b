import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CaptureBench, type CapturePage, openCaptureBench } from './capture-bench.ts';
import { SHOP } from './capture-shop.ts';

let bench: CaptureBench;
const folder = process.env['CAPTURE_PICTURES'];
beforeAll(async () => {
  bench = await openCaptureBench();
  if (folder) mkdirSync(folder, { recursive: true });
});
afterAll(() => bench.close());

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

  test('by key from the start: it begins with what is in the middle of the page, and never comes upon ourselves', async () => {
    const opened = await bench.open({
      'index.html': '<!doctype html><body style="margin:0"><h1>Above</h1><p style="height:90vh">Below</p>',
    });
    await startPicking(opened);
    const path: string[] = [];
    for (const key of ['ArrowDown', 'ArrowUp', 'ArrowDown', 'ArrowRight', 'ArrowLeft', 'ArrowLeft']) {
      await opened.page.keyboard.press(key);
      path.push((await label(opened)).replace(/ · .*/, ''));
    }
    expect(path.map((each) => each.split(' ')[0])).toEqual(['paragraph', '<body>', 'paragraph', 'heading', 'paragraph', 'heading']);
    await opened.page.keyboard.press('Enter');
    expect((await picks(opened, 1)).picked[0]).toMatchObject({ selector: 'h1' });
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
