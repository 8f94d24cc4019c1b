import { expect, onTestFinished, test } from 'vitest';
import type { DoorReply } from '#shared/api.ts';
import type { DoorParts } from '../../daemon/http/doors/parts.ts';
import { runDoors } from '../../daemon/http/doors/runs.ts';
import { temporaryStore } from '../store/temporary-store.ts';
import { ids, openDoor } from './support/open-door.ts';

const LIMIT = 100;

test('DOS-04 of a flood of requests of one client as many are taken as may wait, the rest is told when to come again, and the list still answers', async () => {
  const store = temporaryStore({ slots: 1, queueLimit: LIMIT });
  const doors = runDoors({ ...store, ids, app: { demo: false }, upstream: { state: 'in_step' } } as unknown as DoorParts);
  const door = await openDoor({ answers: { createRun: doors.createRun, listRuns: doors.listRuns } });
  onTestFinished(() => door.stop());
  const counts = new Map<string, number>();
  for (let batch = 0; batch < 5; batch += 1) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => door.call('createRun', { body: { prompt: 'once more' } })));
    for (const { status, headers } of answers) {
      const what = `${status} ${headers['retry-after'] ?? ''}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  }
  expect(Object.fromEntries(counts)).toEqual({ '202 ': LIMIT, '429 30': 250 - LIMIT });
  const list = await door.call('listRuns', { query: '?limit=200' });
  expect([list.status, (list.json() as DoorReply<'listRuns'>).runs.length]).toEqual([200, LIMIT]);
});
