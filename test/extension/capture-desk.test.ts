import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CaptureBench, openCaptureBench } from './capture-bench.ts';

let bench: CaptureBench;
beforeAll(async () => {
  bench = await openCaptureBench();
});
afterAll(() => bench.close());

test('a picture that is on its way goes along with the request it was taken for, and with no other', async () => {
  const { beside } = await bench.open({ 'index.html': '<!doctype html><body>Hello' });
  const counts = await beside(async (capture) => {
    const shadow = document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' });
    const desk = capture.openCaptureDesk({ shadow, setUnseen() {}, focusPrompt() {} } as never);
    await desk.refresh();
    const taking = desk.takePicture();
    const sent = await desk.take();
    await taking;
    await desk.refresh();
    return [sent.pictures.length, desk.state.get().collected?.pictures.length];
  });
  expect(counts).toEqual([1, 0]);
});

test('what is known later of an element says nothing of one that was removed or sent meanwhile', async () => {
  const { beside } = await bench.open({ 'index.html': '<!doctype html><body><p id="a">a</p>' });
  const counts = await beside(async (capture) => {
    const collected = await capture.collect({ withoutPicture: true });
    const element = capture.takeElement(document.querySelector('#a')!);
    const once = capture.withPicked(collected, { element });
    const more = { element: { ...element, hints: { 'vue file': ['a.vue'] } }, isMore: true };
    return [capture.withPicked(once, more), capture.withPicked(collected, more)].map(({ elements }) => elements.map(({ hints }) => hints));
  });
  expect(counts).toEqual([[{ 'vue file': ['a.vue'] }], []]);
});

test('exactly what is sent has no character that is not seen', async () => {
  const { page, beside } = await bench.open({ 'index.html': '<!doctype html><title>a\u202eb\u200bc</title><body><div id="room"></div>' });
  await beside(async (capture) => {
    const collected = await capture.collect({ withoutPicture: true });
    capture.render(capture.h(capture.PayloadView, { collected, prompt: 'x', onChange() {} }), document.querySelector('#room')!);
  });
  await expect.poll(() => page.locator('.cap-exactly pre').textContent()).toContain('a\\u202eb\\u200bc');
});

test('a cover that is drawn over the edge of the picture, or not ended before Done, covers', async () => {
  const { page, beside } = await bench.open({ 'index.html': '<!doctype html><body><div id="room" style="width:600px"></div>' });
  await beside(async (capture) => {
    const [first] = (await capture.collect()).pictures;
    let picture = first!;
    const draw = () =>
      capture.render(
        capture.h(capture.PictureEditor, {
          picture,
          shown: [],
          onChange(next) {
            picture = next;
            draw();
          },
          onDone() {},
        }),
        document.querySelector('#room')!,
      );
    draw();
    Object.assign(globalThis, { marks: () => picture.marks.map(({ kind }) => kind) });
  });
  const marks = () => beside(() => (globalThis as unknown as { marks(): string[] }).marks());
  const board = page.locator('canvas');
  const box = (await board.boundingBox())!;
  await page.mouse.move(box.x + box.width - 60, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width + 90, box.y + 90, { steps: 3 });
  await page.mouse.up();
  expect(await marks()).toEqual(['cover']);
  await board.focus();
  for (const key of ['Enter', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  await page.getByRole('button', { name: 'Done' }).click();
  expect(await marks()).toEqual(['cover', 'cover']);
});

test('of more pictures than a request carries the ones that are not sent say so', async () => {
  const { page, beside } = await bench.open({ 'index.html': '<!doctype html><body><div id="room"></div>' });
  const sent = await beside(async (capture) => {
    const collected = await capture.collect();
    const pictures = Array.from({ length: 10 }, (_, index) => ({ ...collected.pictures[0]!, id: `${index}`, isOff: index === 0 }));
    const all = { ...collected, pictures };
    capture.render(capture.h(capture.PayloadView, { collected: all, prompt: 'x', onChange() {} }), document.querySelector('#room')!);
    return (await capture.toRequest(all, 'x')).pictures.length;
  });
  expect(sent).toBe(8);
  await expect(page.getByText('Not sent: a request carries no more pictures. Leave out another one.').count()).resolves.toBe(1);
});
