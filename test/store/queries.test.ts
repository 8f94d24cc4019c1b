import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { API } from '#shared/api.ts';
import { Check } from '#shared/check.ts';
import { Approval, Attempt, CommandRecord } from '#shared/review.ts';
import { DataMigration, RUN_STATES, Run, RunEvent } from '#shared/run.ts';
import { isTerminal } from '../../daemon/core/run-machine.ts';
import { newSeed, randomFrom } from '../core/random.ts';
import { HEAD } from '../core/road.ts';
import { ask, type OpenedStore, runAt, runIdOf, send, temporaryStore } from './temporary-store.ts';

function pages(store: OpenedStore, limit: number, filter: Partial<Parameters<OpenedStore['queries']['list']>[0]> = {}): string[] {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = store.queries.list({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.runs.length).toBeLessThanOrEqual(limit);
    ids.push(...page.runs.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== undefined && ids.length < 1_000);
  return ids;
}

describe('the list', () => {
  test.each([1, 2, 7, 25, 200])('in pages of %i is complete and repeats nothing, though all are of one millisecond', (limit) => {
    const store = temporaryStore();
    for (let n = 1; n <= 25; n++) runAt(store, 'queued', n);
    expect(pages(store, limit)).toEqual(Array.from({ length: 25 }, (_, index) => runIdOf(25 - index)));
  });

  test('goes on where it was although newer ones came', () => {
    const store = temporaryStore();
    for (let n = 1; n <= 4; n++) runAt(store, 'queued', n);
    const first = store.queries.list({ limit: 2 });
    runAt(store, 'queued', 5);
    const second = store.queries.list({ limit: 2, cursor: first.nextCursor! });
    expect([...first.runs, ...second.runs].map(({ id }) => id)).toEqual([4, 3, 2, 1].map(runIdOf));
    expect(second.nextCursor).toBeUndefined();
  });

  test('is narrowed by state, route, author and words, and by all of them together', () => {
    const store = temporaryStore();
    const requests: [number, string, string, string][] = [
      [1, 'ada', 'https://shop.test/cart', 'Make the cart green'],
      [2, 'ada', 'https://shop.test/cart?page=2', 'Widen it'],
      [3, 'grace', 'https://shop.test/cart-old', 'Make it green'],
      [4, 'grace', 'https://shop.test/a_b', '100% wider'],
      [5, 'grace', 'https://shop.test/axb?x=1', 'Other'],
    ];
    for (const [n, actor, url, prompt] of requests)
      ask(store, runIdOf(n), { type: 'request_run', request: { prompt, context: { url } }, demo: false }, actor);
    ask(store, runIdOf(3), { type: 'cancel_run' });
    const found = (filter: Parameters<typeof pages>[2]) => pages(store, 2, filter).map((id) => Number(id.slice(4)));
    expect(found({ route: '/cart' })).toEqual([2, 1]);
    expect(found({ route: '/a_b' })).toEqual([4]);
    expect(found({ route: '%' })).toEqual([]);
    expect(found({ author: 'grace' })).toEqual([5, 4, 3]);
    expect(found({ text: 'GREEN' })).toEqual([3, 1]);
    expect(found({ text: '0%' })).toEqual([4]);
    expect(found({ text: "'; DROP TABLE runs; --" })).toEqual([]);
    expect(found({ states: ['canceled', 'merged'] })).toEqual([3]);
    expect(found({ states: ['queued'], author: 'ada', text: 'make', route: '/cart' })).toEqual([1]);
    expect(found({})).toEqual([5, 4, 3, 2, 1]);
  });

  test('the places in the queue are 1 to n, each once, in the order of claiming', () => {
    const store = temporaryStore({ slots: 1 });
    const priorities = ['normal', 'low', 'high', 'normal', 'high', 'low'] as const;
    for (const [index, priority] of priorities.entries()) runAt(store, 'queued', index + 1, { priority });
    const places = [...store.queries.list({ limit: 50 }).runs].sort((a, b) => a.queuePosition! - b.queuePosition!);
    expect(places.map(({ queuePosition }) => queuePosition)).toEqual([1, 2, 3, 4, 5, 6]);
    const claimed = places.map(() => store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!.runId);
    expect(places.map(({ id }) => id)).toEqual(claimed);
  });
});

describe('every view is what the wire says', () => {
  const wire = (schema: z.core.$ZodType, value: unknown) => {
    const sent: unknown = JSON.parse(JSON.stringify(value));
    const parsed = z.safeParse(schema, sent);
    expect(parsed.success ? [] : parsed.error.issues).toEqual([]);
    expect(parsed.data, 'something is sent that the contract does not know').toEqual(sent);
  };

  test.each(RUN_STATES)('of a run that is %s', (state) => {
    const store = temporaryStore();
    const run = runAt(store, state, 1, {
      context: { url: 'https://shop.test/cart', elements: [{ selector: 'b', note: 'this' }] },
      agent: { model: 'm' },
      priority: 'high',
    });
    if (run.attempt > 0) {
      store.progress.command(run.id, 1, { callId: 'c', tool: 'shell', command: 'ls', cwd: '/app', startedAt: 5 });
      store.progress.command(run.id, 1, {
        callId: 'c',
        tool: 'shell',
        command: 'ls',
        cwd: '/app',
        startedAt: 5,
        durationMs: 3,
        exitCode: 0,
        output: 'a',
      });
    }
    const view = store.queries.view(run);
    wire(Run, view);
    wire(API.listRuns.reply, store.queries.list({ limit: 5 }));
    for (const event of store.queries.events(run.id, 0)) wire(RunEvent, event);
    for (const check of store.queries.checks(run.id)) wire(Check, check);
    for (const attempt of store.queries.attempts(run.id)) wire(Attempt, attempt);
    for (const command of store.queries.commands(run.id)) wire(CommandRecord, command);
    for (const approval of store.queries.approvals(run.id)) wire(Approval, approval);
    for (const migration of store.queries.migrations(run.id)) wire(DataMigration, migration);
    expect(view.state).toBe(state);
    expect('stage' in view).toBe(!isTerminal(state));
    if (isTerminal(state)) expect([view.slot, view.previewUrl]).toEqual([undefined, undefined]);
    if (state === 'needs_approval')
      expect(view).toMatchObject({
        headCommit: HEAD,
        checks: { passed: 1, failed: 0, running: 0, total: 1 },
        usage: { inputTokens: 100, outputTokens: 20 },
      });
  });

  test('a run that waits behind another says so, and one that was frozen says it no longer when the freeze is lifted', () => {
    const store = temporaryStore();
    runAt(store, 'deploying', 1);
    const behind = runAt(store, 'approved', 2);
    expect(store.queries.view(behind).reason?.code).toBe('WAITING_FOR_DEPLOY');
    send(store, runIdOf(1), { type: 'report_live', releaseId: store.queries.find(runIdOf(1))!.releaseId! });
    send(store, behind.id, { type: 'report_waiting', reason: 'FROZEN' });
    store.flags.setFreeze(true, 'x');
    expect(store.queries.view(store.queries.find(behind.id)!).reason?.code).toBe('FROZEN');
    store.flags.setFreeze(false);
    expect(store.queries.view(store.queries.find(behind.id)!).reason).toBeUndefined();
  });

  test('what ran when a run ended is not shown as running', () => {
    const store = temporaryStore();
    const run = runAt(store, 'testing');
    send(store, run.id, { type: 'report_check_started', name: 'unit', kind: 'command', stage: 'branch', required: true });
    ask(store, run.id, { type: 'cancel_run' });
    expect(store.queries.checks(run.id).map(({ status }) => status)).toEqual(['stopped']);
    const other = runAt(store, 'editing', 2);
    send(store, other.id, { type: 'report_attempt_started', fence: other.fence!, attempt: 1 });
    send(store, other.id, { type: 'report_failed', reason: 'AGENT_FAILED', detail: 'it fell' });
    expect(store.queries.attempts(other.id)).toMatchObject([{ state: 'failed', detail: 'it fell', endedAt: expect.any(String) }]);
  });
});

describe('events', () => {
  test('after a number are complete, in order and without gaps', () => {
    const store = temporaryStore();
    for (const n of [1, 2, 3]) runAt(store, 'needs_approval', n);
    const all = store.queries.eventsAfter(0, 10_000);
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: store.ledger.seq() }, (_, index) => index + 1));
    const paged = [];
    for (let after = 0; ; after = paged.at(-1)!.seq) {
      const page = store.queries.eventsAfter(after, 7);
      paged.push(...page);
      if (page.length < 7) break;
    }
    expect(paged).toEqual(all);
    expect(store.queries.events(runIdOf(2), 5)).toEqual(all.filter(({ runId, seq }) => runId === runIdOf(2) && seq > 5));
  });
});

test.each([newSeed(), 7])('seed %i: in a random life every list, filter and fold of it agree', (seed) => {
  const random = randomFrom(seed);
  const store = temporaryStore({ slots: 9 });
  const states = new Map<string, string>();
  for (let n = 1; n <= 30; n++) {
    if (random.chance(0.5)) store.clock.advance(random.below(3));
    const state = random.pick(RUN_STATES.filter((each) => each !== 'merged' && each !== 'deploying'));
    if (store.leases.firstFree() === undefined)
      for (const lease of store.leases.active().slice(0, 4))
        send(store, lease.run_id, { type: 'report_failed', reason: 'INTERNAL_ERROR', detail: 'x' });
    runAt(store, state, n);
    for (let m = 1; m <= n; m++) states.set(runIdOf(m), store.queries.find(runIdOf(m))!.state);
    expect(new Set(store.leases.active().map(({ slot_id }) => slot_id)).size).toBe(store.leases.active().length);
    for (const { run_id } of store.leases.active()) expect(isTerminal(store.queries.find(run_id)!.state)).toBe(false);
  }
  for (const state of RUN_STATES)
    expect(pages(store, 3, { states: [state] }).sort()).toEqual(
      [...states]
        .filter((entry) => entry[1] === state)
        .map(([id]) => id)
        .sort(),
    );
  expect(
    store.queries
      .unfinished()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(
    [...states]
      .filter(([, state]) => !['merged', 'failed', 'canceled', 'expired'].includes(state))
      .map(([id]) => id)
      .sort(),
  );
  expect(store.audit.firstBroken()).toBeUndefined();
});
