import { afterEach, expect, test, vi } from 'vitest';
import { openWhereabouts } from '../../extension/overlay/whereabouts.ts';

afterEach(() => vi.unstubAllGlobals());

/** A page as the browser makes it ready before anybody goes there. Chromium makes none ready for a browser that is steered. */
function openPage(isPrerendering: boolean) {
  const said: unknown[] = [];
  const page = Object.assign(new EventTarget(), { prerendering: isPrerendering });
  vi.stubGlobal('document', page);
  vi.stubGlobal('location', { href: 'http://app.localhost/' });
  vi.stubGlobal('navigation', new EventTarget());
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('chrome', { runtime: { id: 'ours', sendMessage: async (message: unknown) => said.push(message) } });
  return { page, said };
}

const HERE = { name: 'here', body: { loads: true } };

test('a page that is wanted says once that it is here', () => {
  const { said } = openPage(false);
  const whereabouts = openWhereabouts(() => true);
  whereabouts.judge();
  whereabouts.judge();
  expect(said).toEqual([HERE]);
});

test('a page that was made ready says so when somebody goes there, not before', () => {
  const { page, said } = openPage(true);
  openWhereabouts(() => true).judge();
  expect(said).toEqual([]);
  page.prerendering = false;
  page.dispatchEvent(new Event('prerenderingchange'));
  expect(said).toEqual([HERE]);
});

test('a page that nobody wants to hear of says nothing', () => {
  const { said } = openPage(false);
  openWhereabouts(() => false).judge();
  expect(said).toEqual([]);
});
