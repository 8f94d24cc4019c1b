import { expect, test } from 'vitest';
import { browserName } from '#shared/ui/browser-name.ts';
import { parseRoute, pathOf, type Route } from '../../daemon/page/route.ts';

const id = `run_${'0'.repeat(26)}`;

const ROUTES: readonly [string, Route][] = [
  ['/codex', { screen: 'runs' }],
  [`/codex/runs/${id}`, { screen: 'run', id, tab: 'overview' }],
  [`/codex/runs/${id}/diff`, { screen: 'run', id, tab: 'diff' }],
  ['/codex/slots', { screen: 'slots' }],
  ['/codex/releases', { screen: 'releases' }],
  ['/codex/settings', { screen: 'settings' }],
];

test.each(ROUTES)('%s is read and written the same', (path, route) => {
  expect(parseRoute(path)).toEqual(route);
  expect(pathOf(route)).toBe(path);
});

test('a trailing slash and the bare list lead to the same place', () => {
  expect(parseRoute('/codex/')).toEqual({ screen: 'runs' });
  expect(parseRoute('/codex/runs')).toEqual({ screen: 'runs' });
  expect(parseRoute('/codex/slots/')).toEqual({ screen: 'slots' });
});

test('an unknown tab is the overview', () => {
  expect(parseRoute(`/codex/runs/${id}/secrets`)).toEqual({ screen: 'run', id, tab: 'overview' });
});

test.each(['/codex/nothing', '/codex/runs/../../etc', '/codex/runs/run_1', `/codex/runs/${id}/diff/more`, '/codex/slots/1', '/elsewhere'])(
  '%s is said to be nowhere',
  (path) => {
    expect(parseRoute(path)).toEqual({ screen: 'nowhere', path });
  },
);

test('a browser is named as people call it', () => {
  const linux = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)';
  expect(browserName(`${linux} Chrome/156.0 Safari/537.36`)).toBe('Chromium on Linux');
  expect(browserName(`${linux} Chrome/156.0 Safari/537.36 Edg/156.0`)).toBe('Edge on Linux');
  expect(browserName('Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:153.0) Gecko/20100101 Firefox/153.0')).toBe('Firefox on macOS');
  expect(browserName('curl')).toBe('Browser');
});
