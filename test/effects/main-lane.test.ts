import { describe, expect, test } from 'vitest';
import { EFFECTS, type EffectType } from '../../daemon/core/effects.ts';
import type { RunHandler } from '../../daemon/effects/parts.ts';
import { newSeed, randomFrom } from '../core/random.ts';
import { ask, runIdOf } from '../store/temporary-store.ts';
import { gate, numberOf, openBench } from './worker-bench.ts';

type Moment = `${number} ${EffectType}`;

/** Runs that have begun to be merged and have not ended, at most one at a time; answers what broke that, if anything did. */
function interleaved(moments: readonly Moment[], ended: ReadonlyMap<number, number>): string | undefined {
  let holder: number | undefined;
  for (const [index, moment] of moments.entries()) {
    const [n, type] = moment.split(' ') as [string, EffectType];
    if (holder !== undefined && (ended.get(holder) ?? Number.POSITIVE_INFINITY) <= index) holder = undefined;
    if (EFFECTS[type].lane !== 'main') continue;
    if (holder !== undefined && holder !== Number(n)) return `${moment} while ${holder} was not through`;
    holder = Number(n);
  }
  return undefined;
}

describe('merge and deploy of one run are one section', () => {
  test.each([1, 2, 3, newSeed(), newSeed(), newSeed()])(
    'seed %i: whatever fails, waits or is overtaken, no other run comes between',
    async (seed) => {
      const random = randomFrom(seed);
      const moments: Moment[] = [];
      const ended = new Map<number, number>();
      const wayward =
        (type: EffectType, hand: RunHandler): RunHandler =>
        async (run, context, effect) => {
          for (let turns = random.below(4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
          if (random.chance(0.1)) throw new Error('it broke');
          // A main that diverged is waited for, also in the middle of a merge; what only waits before its merge has not begun.
          if (type === 'build_candidate' && random.chance(0.3)) return 'wait';
          if (type === 'land' && random.chance(0.15)) return 'wait';
          moments.push(`${numberOf(run)} ${type}`);
          if (type === 'land' && random.chance(0.3)) {
            context.tryReport({ type: 'report_landing', candidateId: run.candidate!.id, releaseId: `rel_${'9'.repeat(26)}` });
            context.finish({ type: 'report_superseded', main: 'f'.repeat(40) });
            return 'done';
          }
          if (type === 'deploy' && random.chance(0.3)) {
            context.finish({
              type: 'report_release_failed',
              releaseId: run.releaseId!,
              step: 'health',
              reason: 'DEPLOY_UNHEALTHY',
              detail: 'x',
            });
            return 'done';
          }
          return hand(run, context, effect);
        };
      const bench = openBench({
        slots: 6,
        hands: (straight) =>
          Object.fromEntries(
            Object.entries(straight).flatMap(([type, hand]) =>
              EFFECTS[type as EffectType].lane === 'main' ? [[type, wayward(type as EffectType, hand)]] : [],
            ),
          ),
      });
      bench.store.ledger.subscribe(({ facts }) => {
        for (const { runId, to } of facts)
          if (['merged', 'failed', 'canceled'].includes(to) && !ended.has(Number(runId.slice(4))))
            ended.set(Number(runId.slice(4)), moments.length);
      });
      bench.worker.start();
      const runs = [1, 2, 3, 4, 5, 6];
      for (const n of runs) bench.request(n);
      for (const n of runs) await bench.untilState(n, 'needs_approval');
      for (const n of runs) {
        bench.approve(n);
        if (random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
      }
      await bench.until(() => runs.every((n) => ended.has(n)), `the end of all runs: ${runs.map((n) => bench.stateOf(n)).join()}`);
      expect(interleaved(moments, ended), moments.join('\n')).toBeUndefined();
      expect(moments.length).toBeGreaterThan(20);
    },
  );

  test('the judge sees two that interleave', () => {
    expect(interleaved(['1 build_candidate', '2 build_candidate'], new Map([[1, 2]]))).toContain('2 build_candidate');
    expect(interleaved(['1 land', '1 deploy', '2 build_candidate'], new Map([[1, 2]]))).toBeUndefined();
  });
});

test('two runs that were built on one main: the second lands on what the first one made, or not at all', async () => {
  let main = 'main-0';
  const bench = openBench({
    hands: ({ land, build_candidate }) => ({
      build_candidate: async (run, context, effect) => {
        bases.set(numberOf(run), main);
        return build_candidate(run, context, effect);
      },
      land: async (run, context, effect) => {
        expect(bases.get(numberOf(run))).toBe(main);
        main = `main-${numberOf(run)}`;
        return land(run, context, effect);
      },
    }),
  });
  const bases = new Map<number, string>();
  bench.worker.start();
  for (const n of [1, 2, 3]) bench.request(n);
  for (const n of [1, 2, 3]) await bench.untilState(n, 'needs_approval');
  for (const n of [3, 1, 2]) bench.approve(n);
  for (const n of [1, 2, 3]) await bench.untilState(n, 'merged');
  expect([...bases]).toEqual([
    [3, 'main-0'],
    [1, 'main-3'],
    [2, 'main-1'],
  ]);
});

describe('waiting', () => {
  test('a run that waits for a slot begins in the moment one is free, not a beat later', async () => {
    const bench = openBench({ slots: 1 });
    bench.worker.start();
    for (const n of [1, 2]) bench.request(n);
    await bench.untilState(1, 'needs_approval');
    await bench.worker.drain();
    expect(bench.store.queries.find(runIdOf(2))).toMatchObject({ state: 'queued', reason: { code: 'WAITING_FOR_SLOT' } });
    const before = bench.store.clock.elapsed();
    ask(bench.store, runIdOf(1), { type: 'reject_run', reason: 'no' });
    await bench.worker.drain();
    expect(bench.stateOf(2)).toBe('needs_approval');
    expect(bench.store.clock.elapsed()).toBe(before);
  });

  test('what happened while an effect was making up its mind to wait is not missed', async () => {
    const held = gate();
    let looked = 0;
    const bench = openBench({
      hands: ({ build_candidate }) => ({
        build_candidate: async (...given) => {
          if (++looked > 1) return build_candidate(...given);
          await held.pass();
          return 'wait';
        },
      }),
    });
    bench.worker.start();
    bench.request(1);
    await bench.untilState(1, 'needs_approval');
    bench.approve(1);
    await bench.until(() => held.standing.size > 0);
    bench.store.ledger.act({ actor: 'ada', action: 'putFlags', subject: 'flags', traceId: 't', payload: {} }, (tx) => tx.hint('status'));
    const before = bench.store.clock.elapsed();
    held.open();
    await bench.worker.drain();
    expect(bench.stateOf(1)).toBe('merged');
    expect(bench.store.clock.elapsed()).toBe(before);
  });

  test('waiting is no failing, however often it is woken, and is looked at again although nobody says anything', async () => {
    let looked = 0;
    const bench = openBench({
      hands: ({ build_candidate }) => ({
        build_candidate: (...given) => (++looked < 15 ? Promise.resolve('wait') : build_candidate(...given)),
      }),
    });
    bench.worker.start();
    bench.request(1);
    await bench.untilState(1, 'needs_approval');
    bench.approve(1);
    await bench.untilState(1, 'merged');
    expect(looked).toBe(15);
  });
});

test('LDG-05 a ledger that cannot be written for a while loses no effect, ends no run and stops no beat', async () => {
  const bench = openBench({ slots: 1 });
  bench.worker.start();
  bench.request(1);
  bench.request(2);
  await bench.untilState(1, 'editing', 'testing', 'needs_approval');
  bench.store.db.exec(`CREATE TEMP TRIGGER full_events BEFORE INSERT ON main.run_events BEGIN SELECT RAISE(ABORT, 'full'); END;
    CREATE TEMP TRIGGER full_effects BEFORE UPDATE ON main.effects BEGIN SELECT RAISE(ABORT, 'full'); END;`);
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  bench.store.clock.advance(60_000);
  bench.store.db.exec('DROP TRIGGER full_events; DROP TRIGGER full_effects');
  await bench.untilState(1, 'needs_approval', 'failed');
  expect(bench.stateOf(1)).toBe('needs_approval');
  ask(bench.store, runIdOf(1), { type: 'cancel_run' });
  await bench.untilState(2, 'needs_approval');
});
