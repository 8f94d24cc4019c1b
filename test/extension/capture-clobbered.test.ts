import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CaptureBench, openCaptureBench } from './capture-bench.ts';

let bench: CaptureBench;
beforeAll(async () => {
  bench = await openCaptureBench();
});
afterAll(() => bench.close());

/** A form answers each of these with its field of that name, in the extension's own world too. */
const formWith = (name: string) => ({
  'index.html': `<!doctype html><body><form id="f"><label>Guests <input name="${name}" value="secret-value-1"></label><p>Two adults</p><p>One child</p></form>`,
});

describe('a form', () => {
  test.each(['children', 'labels', 'attributes', 'id', 'style', 'title', 'name'])(
    'with a field called %s is captured like any other',
    async (name) => {
      const { beside } = await bench.open(formWith(name));
      const sent = await beside(async (capture) => {
        const collected = await capture.collect();
        const elements = [...document.querySelectorAll('form, form p')].map((element) => capture.takeElement(element));
        const ready = await capture.toRequest({ ...collected, elements }, 'x');
        return { context: ready.request.context, pictures: ready.pictures.length, problem: collected.pictureProblem };
      });
      expect(sent).toMatchObject({ pictures: 1, context: { elements: [{ role: 'form' }, { text: 'Two adults' }, { text: 'One child' }] } });
      expect(sent.context?.elements?.map(({ selector }) => selector)).toEqual(['#f', '#f > p:nth-of-type(1)', '#f > p:nth-of-type(2)']);
      expect(JSON.stringify(sent)).not.toContain('secret-value-1');
    },
  );

  test('that cannot be looked through at all gives no picture, and what was hidden for one is back', async () => {
    const { beside } = await bench.open(formWith('hasAttributes'));
    const photo = await beside(async (capture) => {
      const calls: string[] = [];
      const cover = { hide: () => calls.push('hide'), show: () => calls.push('show') };
      const taken = await capture.photograph('page', { cover });
      return { calls, taken };
    });
    expect(photo).toEqual({
      calls: ['hide', 'show'],
      taken: { ok: false, message: 'This page cannot be looked through for private things, so no picture of it is taken.' },
    });
  });
});
