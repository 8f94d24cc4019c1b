import { expect, test } from 'vitest';
import type { Run } from '#shared/run.ts';
import { openPanelStore } from '../../extension/overlay/panel/panel-state.ts';

const run = (id: string, version: number, createdAt: string) => ({ id, version, createdAt }) as Run;
const view = (runs: readonly Run[], previewOf?: string) => ({ daemons: [], unsent: [], runs, ...(previewOf && { previewOf }) });

test('of two versions of a run the newer is shown, whoever told of it', () => {
  const store = openPanelStore();
  store.change({ view: view([run('a', 5, '1'), run('b', 1, '2')]), fresh: [run('a', 4, '1'), run('b', 2, '2'), run('c', 1, '3')] });
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
