import { expect, test } from 'vitest';
import { RunRequest } from '#shared/run.ts';
import type { Collected, PickedElement } from '../../extension/capture/collected.ts';
import { maskText } from '../../extension/capture/find-secrets.ts';
import { toRequest } from '../../extension/capture/to-request.ts';

const element: PickedElement = {
  id: '1',
  selector: '#a',
  frame: 'iframe',
  role: 'button',
  name: maskText('Buy'),
  text: maskText('Buy for ann@example.com'),
  html: maskText('<button id="a">Buy</button>'),
  rect: { x: 1, y: 2, width: 3, height: 4 },
  hints: { 'vue file': maskText('src/Buy.vue') },
  note: ' green ',
  without: [],
};
const collected: Collected = {
  url: maskText('https://shop.test/'),
  title: maskText('Shop'),
  viewport: { width: 1, height: 2, scale: 1, scrollX: 0, scrollY: 0 },
  elements: [element],
  pictures: [],
  console: [maskText('console.error: for bob@example.com')],
  failedRequests: [maskText('500 https://shop.test/api (fetch)')],
  switches: { page: true, title: true, viewport: true, console: true, failedRequests: true },
  shown: [],
};
const options = { priority: 'high', safeMode: true, agent: { model: 'm' }, parentRunId: `run_${'0'.repeat(26)}` } as const;

test('the request is what the contract takes, and checking it on the way changes no byte', async () => {
  const { request } = await toRequest(collected, ' Make it green\n', options);
  expect(JSON.stringify(RunRequest.parse(request))).toBe(JSON.stringify(request));
  expect(Object.keys(request.context!)).toEqual(['url', 'title', 'elements', 'viewport', 'console', 'failedRequests']);
  expect(request.context!.elements![0]).toMatchObject({ text: 'Buy for [email]', note: 'green', hints: { 'vue file': 'src/Buy.vue' } });
});

test('however much there is, it stays within what the contract takes', async () => {
  const long = [`${'word '.repeat(20_000)}`];
  const huge: Collected = {
    ...collected,
    url: [`https://shop.test/${'a/'.repeat(20_000)}`],
    title: long,
    elements: Array.from({ length: 40 }, () => ({
      ...element,
      name: long,
      text: long,
      html: long,
      note: long[0]!,
      hints: { 'vue file': long },
    })),
    console: Array.from({ length: 200 }, () => long),
    failedRequests: Array.from({ length: 200 }, () => long),
  };
  const { request } = await toRequest(huge, 'Make it green', options);
  expect(RunRequest.safeParse(request).success).toBe(true);
  expect(request.context!.elements).toHaveLength(20);
});

test('each part can be left out by itself', async () => {
  const off = { page: true, title: false, viewport: false, console: false, failedRequests: false };
  const { request } = await toRequest(
    { ...collected, switches: off, elements: [{ ...element, without: ['name', 'text', 'html', 'hints'] }] },
    'x',
  );
  expect(Object.keys(request.context!)).toEqual(['url', 'elements']);
  expect(Object.keys(request.context!.elements![0]!)).toEqual(['selector', 'frame', 'role', 'rect', 'note']);
});
