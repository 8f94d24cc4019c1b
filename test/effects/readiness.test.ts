import { expect, test } from 'vitest';
import { createReadiness, type NeededPart, neededParts } from '../../daemon/effects/readiness.ts';
import { openWriteProbe } from '../../daemon/store/write-probe.ts';
import { handClock, temporaryStore } from '../store/temporary-store.ts';

const LIVE = { releaseId: 'rel_1', port: 1, pid: 1, running: true, startedAt: 0, restarts: 0 };

function countedPart(given: Partial<NeededPart> = {}) {
  const part = { looks: 0, name: 'part', keepMs: 1_000, look: async () => ({ ready: true as const }), ...given };
  const { look } = part;
  part.look = () => {
    part.looks += 1;
    return look() as never;
  };
  return part;
}

test('however many ask at once and however often, a look holds for its time', async () => {
  const clock = handClock();
  const part = countedPart();
  const ready = createReadiness([part], clock);
  await Promise.all(Array.from({ length: 50 }, ready));
  await ready();
  expect(part.looks).toBe(1);
  clock.advance(1_000);
  await Promise.all(Array.from({ length: 50 }, ready));
  expect(part.looks).toBe(2);
});

test('a part that is not ready makes the whole not ready, unless it is optional; one that throws is not ready', async () => {
  const clock = handClock();
  const broken: NeededPart = { name: 'broken', keepMs: 1, look: () => Promise.reject(new Error('no such thing')) };
  const missing: NeededPart = {
    name: 'extra',
    optional: true,
    keepMs: 1,
    look: async () => ({ ready: false, detail: 'absent', remedy: 'get it' }),
  };
  expect(await createReadiness([countedPart(), missing], clock)()).toEqual({
    ready: true,
    parts: [
      { name: 'part', ready: true },
      { name: 'extra', optional: true, ready: false, detail: 'absent', remedy: 'get it' },
    ],
  });
  const whole = await createReadiness([countedPart(), broken], clock)();
  expect(whole).toMatchObject({
    ready: false,
    parts: [{ ready: true }, { ready: false, detail: 'it cannot be looked at: no such thing' }],
  });
  expect(whole.parts[1]!.remedy).not.toBe('');
});

test('a look that hangs is an answer after a while, is never begun twice, and counts when it does end', async () => {
  const clock = handClock();
  let end = (_condition: { ready: true }) => {};
  const part = countedPart({
    look: () =>
      new Promise((resolve) => {
        end = resolve;
      }),
  });
  const ready = createReadiness([part], clock);
  const first = ready();
  clock.advance(4_000);
  expect(await first).toMatchObject({ ready: false, parts: [{ detail: 'part does not answer within 4 s' }] });
  expect(await ready()).toMatchObject({ ready: false });
  clock.advance(1_000);
  const second = ready();
  end({ ready: true });
  expect(await second).toMatchObject({ ready: true });
  expect(part.looks).toBe(1);
});

test('what was seen at the start is the answer while a slow look goes on', async () => {
  const clock = handClock();
  let end = (_condition: { ready: false; detail: string; remedy: string }) => {};
  const part = countedPart({
    seen: { ready: true },
    look: () =>
      new Promise((resolve) => {
        end = resolve;
      }),
  });
  const ready = createReadiness([part], clock);
  await ready();
  expect(part.looks).toBe(0);
  clock.advance(1_000);
  expect(await ready()).toMatchObject({ ready: true });
  end({ ready: false, detail: 'worse', remedy: 'mend' });
  await expect.poll(ready).toMatchObject({ ready: false });
});

test('the ledger is tried by writing: one that takes no writes is told from one that does', () => {
  const { db } = temporaryStore();
  const trouble = openWriteProbe(db);
  const version = db.pragma('user_version', { simple: true });
  const before = db.pragma('data_version', { simple: true });
  expect([trouble(), db.pragma('user_version', { simple: true }), before]).toEqual([undefined, version, before]);
  db.pragma('query_only = 1');
  expect(trouble()).toContain('readonly');
});

test.each([
  [{}, true, 'nothing is live yet'],
  [{ live: LIVE }, true, 'rel_1 is live'],
  [{ live: { ...LIVE, running: false } }, false, 'rel_1 is live but does not run'],
  [
    { live: { ...LIVE, restarts: 2, ended: { at: 0, how: 'signal SIGKILL' } }, cutOff: { times: 1, at: 60_000 } },
    true,
    'rel_1 is live; it was started again 2 times, last at 1970-01-01T00:00:00.000Z after it had ended by itself (signal SIGKILL); ' +
      'the gateway was cut off and started again once, last at 1970-01-01T00:01:00.000Z',
  ],
])('the gateway says how its processes have done: %j', async (state, ready, detail) => {
  const gateway = { state: async () => ({ generation: 1, releases: [], ...state }) };
  const part = neededParts({ gateway, sandbox: { capabilities: {} } } as unknown as Parameters<typeof neededParts>[0]).find(
    ({ name }) => name === 'gateway',
  )!;
  const found = await part.look();
  expect([found.ready, found.detail]).toEqual([ready, detail]);
});
