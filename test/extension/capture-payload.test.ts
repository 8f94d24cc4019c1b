import { mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CaptureBench, openCaptureBench } from './capture-bench.ts';
import { SHOP } from './capture-shop.ts';

let bench: CaptureBench;
/** Where pictures are put for people to look at. */
const folder = process.env['CAPTURE_PICTURES'];
beforeAll(async () => {
  bench = await openCaptureBench();
  if (folder) mkdirSync(folder, { recursive: true });
});
afterAll(() => bench.close());

/** What axe finds in our pieces; what it could not decide counts too. The page around them is nobody's. */
async function problemsOf(page: Page): Promise<readonly string[]> {
  const { violations, incomplete } = await new AxeBuilder({ page })
    .disableRules(['region', 'landmark-one-main', 'page-has-heading-one'])
    .analyze();
  return [...violations, ...incomplete].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 80)).join(' | ')}`);
}

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

    expect(await problemsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Draw or cover' }).first().click();
    expect(await problemsOf(page)).toEqual([]);
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
