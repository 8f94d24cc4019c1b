import { expect, test } from 'vitest';
import type { Run } from '#shared/run.ts';
import { openPanelStore } from '../../extension/overlay/panel/panel-state.ts';

const run = (id: string, version: number, createdAt: string) => ({ id, version, createdAt }) as Run;
const view = (runs: readonly Run[], previewOf?: string) => ({
  daemons: [],
  unsent: [],
  chosen: 'dmn_a',
  runs,
  ...(previewOf && { previewOf }),
});

test('of two versions of a run the newer is shown, whoever told of it', () => {
  const store = openPanelStore();
  store.told(view([run('a', 5, '1'), run('b', 1, '2')]));
  for (const fresh of [run('a', 4, '1'), run('b', 2, '2'), run('c', 1, '3')]) store.showRun('dmn_a', fresh);
  expect(store.runs().map(({ id, version }) => `${id}${version}`)).toEqual(['c1', 'b2', 'a5']);
});

test('a preview opens on its run until the person opens another or closes it', () => {
  const store = openPanelStore();
  store.change({ view: view([run('a', 1, '1'), run('b', 1, '2')], 'a') });
  expect(store.shownRun()?.id).toBe('a');
  store.change({ shown: 'b' });
  expect(store.shownRun()?.id).toBe('b');
  store.change({ shown: 'none' });
  expect(store.shownRun()).toBeUndefined();
});

test('once the background tells of a run, it is what the background says of it: gone with the page it is about', () => {
  const store = openPanelStore();
  store.told(view([]));
  store.showRun('dmn_a', run('a', 1, '1'));
  expect(store.shownRun()?.version).toBe(1);
  store.told(view([run('a', 3, '1')]));
  expect(store.shownRun()?.version).toBe(3);
  store.told(view([run('b', 1, '2')]));
  expect(store.runs().map(({ id }) => id)).toEqual(['b']);
});

test('of two daemons each has its own runs', () => {
  const store = openPanelStore();
  store.told(view([]));
  store.showRun('dmn_a', run('a', 1, '1'));
  store.told({ ...view([]), chosen: 'dmn_b' });
  expect(store.runs()).toEqual([]);
});
