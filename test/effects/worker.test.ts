import { describe, expect, test } from 'vitest';
import { EFFECTS, type EffectType, LANE_WIDTH, type Lane } from '../../daemon/core/effects.ts';
import type { RunHandler } from '../../daemon/effects/parts.ts';
import { ask, runIdOf } from '../store/temporary-store.ts';
import { gate, openBench } from './worker-bench.ts';

const openEffects = (bench: ReturnType<typeof openBench>) =>
  bench.store.db.prepare(`SELECT type, state FROM effects WHERE state NOT IN ('done', 'dead')`).all();

test('a request goes its whole way and leaves nothing owed, nothing leased and nothing running', async () => {
  const bench = openBench();
  bench.worker.start();
  bench.request(1);
  await bench.untilState(1, 'needs_approval');
  await bench.worker.drain();
  bench.approve(1);
  await bench.untilState(1, 'merged');
  await bench.worker.drain();
  expect([openEffects(bench), bench.store.leases.active(), bench.worker.runningTypes()]).toEqual([[], [], []]);
  expect(bench.store.audit.firstBroken()).toBeUndefined();
});

test('no lane is ever wider than it is, and each is used to its full width', async () => {
  const most: Partial<Record<Lane, number>> = {};
  const now: Partial<Record<Lane, number>> = {};
  const counting =
    (type: EffectType, hand: RunHandler): RunHandler =>
    async (run, context, effect) => {
      const { lane } = EFFECTS[type];
      now[lane] = (now[lane] ?? 0) + 1;
      most[lane] = Math.max(most[lane] ?? 0, now[lane]);
      for (let turns = 0; turns < 4; turns++) await new Promise((resolve) => setImmediate(resolve));
      try {
        return await hand(run, context, effect);
      } finally {
        now[lane]--;
      }
    };
  const bench = openBench({
    slots: 9,
    agents: 2,
    hands: (straight) => Object.fromEntries(Object.entries(straight).map(([type, hand]) => [type, counting(type as EffectType, hand)])),
  });
  bench.worker.start();
  const runs = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (const n of runs) bench.request(n);
  await bench.until(() => runs.every((n) => bench.stateOf(n) === 'needs_approval'));
  for (const n of runs) if (n < 6) bench.approve(n);
  await bench.until(() => runs.every((n) => n > 5 || bench.stateOf(n) === 'merged'));
  for (const n of runs) if (n > 5) ask(bench.store, runIdOf(n), { type: 'cancel_run' });
  await bench.worker.drain();
  // No release is watched here.
  const { watch: _watch, ...widths } = LANE_WIDTH;
  expect(most).toEqual({ ...widths, agents: 2 });
});

describe('a hand that throws', () => {
  test.each(['lease_slot', 'prepare_worktree', 'run_attempt', 'run_checks', 'assemble_review', 'build_candidate', 'run_gate'] as const)(
    '%s: it is tried as often as the table says, with pauses, then the run fails and says where',
    async (type) => {
      const at: number[] = [];
      const bench = openBench({
        hands: () => ({
          [type]: () => {
            at.push(bench.store.clock.elapsed());
            return Promise.reject(new Error('it broke'));
          },
        }),
      });
      bench.worker.start();
      bench.request(1);
      await bench.untilState(1, 'failed', 'needs_approval');
      if (bench.stateOf(1) === 'needs_approval') bench.approve(1);
      await bench.untilState(1, 'failed');
      expect(at).toHaveLength(EFFECTS[type].attempts);
      for (const [index, instant] of at.entries()) if (index > 0) expect(instant - at[index - 1]!).toBeGreaterThanOrEqual(500);
      expect(bench.store.queries.find(runIdOf(1))?.reason).toEqual({ code: 'INTERNAL_ERROR', detail: `${type}: it broke` });
      await bench.worker.drain();
      expect(bench.store.leases.active()).toEqual([]);
    },
  );

  test('once is not seen: the run goes on', async () => {
    let tries = 0;
    const bench = openBench({
      hands: ({ run_checks }) => ({
        run_checks: (...given) => (++tries < 3 ? Promise.reject(new Error('it broke')) : run_checks(...given)),
      }),
    });
    bench.worker.start();
    bench.request(1);
    await bench.untilState(1, 'needs_approval');
    expect(tries).toBe(3);
  });

  test.each(['land', 'deploy'] as const)(
    '%s: a run for which main may have moved is not said to have failed without merging, and merging freezes',
    async (type) => {
      const bench = openBench({
        hands: ({ land }) => ({
          [type]: async (...given: Parameters<RunHandler>) => {
            if (type === 'land')
              given[1].tryReport({ type: 'report_landing', candidateId: given[0].candidate!.id, releaseId: `rel_${'1'.repeat(26)}` });
            await Promise.resolve(land);
            throw new Error('it broke');
          },
        }),
      });
      bench.worker.start();
      bench.request(1);
      await bench.untilState(1, 'needs_approval');
      bench.approve(1);
      await bench.untilState(1, 'failed');
      expect(bench.store.queries.find(runIdOf(1))?.reason?.code).toBe('DEPLOY_UNKNOWN');
      expect(bench.store.flags.freeze().on).toBe(true);
    },
  );

  test.each([1, EFFECTS.land.attempts])('after its last report, at try %i, it does not undo that report', async (reportsAt) => {
    let tries = 0;
    const bench = openBench({
      hands: ({ land }) => ({
        land: async (...given) => {
          if (++tries === reportsAt) await land(...given);
          throw new Error('it broke');
        },
      }),
    });
    bench.worker.start();
    bench.request(1);
    await bench.untilState(1, 'needs_approval');
    bench.approve(1);
    await bench.untilState(1, 'merged', 'failed');
    expect([tries, bench.stateOf(1)]).toEqual([reportsAt, 'merged']);
  });

  test('what belongs to no run is tried too, and its giving up touches no run', async () => {
    let tries = 0;
    const bench = openBench({
      rollBack: () => {
        tries++;
        return Promise.reject(new Error('it broke'));
      },
    });
    bench.worker.start();
    bench.store.ledger.act({ actor: 'ada', action: 'x', subject: 'x', traceId: 't', payload: {} }, (tx) => {
      tx.owe('roll_back', { releaseId: 'none' });
      tx.hint('releases');
    });
    await bench.until(() => tries === EFFECTS.roll_back.attempts);
    await bench.worker.drain();
    expect(openEffects(bench)).toEqual([]);
  });
});

describe('a run that ends while a hand works for it', () => {
  test.each(['lease_slot', 'prepare_worktree', 'run_attempt', 'run_checks', 'start_preview', 'build_candidate', 'run_gate'] as const)(
    'its %s is told to stop, and what it reports late changes nothing',
    async (type) => {
      const held = gate();
      let late: unknown;
      const bench = openBench({
        hands: (straight) => ({
          [type]: async (...given: Parameters<RunHandler>) => {
            await held.pass(given[1].signal);
            try {
              return await straight[type](...given);
            } catch (error) {
              late = error;
              throw error;
            }
          },
        }),
      });
      bench.worker.start();
      bench.request(1);
      await bench.until(() => held.standing.size > 0 || bench.stateOf(1) === 'needs_approval');
      if (bench.stateOf(1) === 'needs_approval') bench.approve(1);
      await bench.until(() => held.standing.size > 0);
      expect(ask(bench.store, runIdOf(1), { type: 'cancel_run' }).ok).toBe(true);
      const facts = () => bench.store.queries.events(runIdOf(1), 0).map((event) => event.type);
      await bench.worker.drain();
      expect(facts().slice(facts().indexOf('run.canceled'))).toEqual(['run.canceled', 'slot.released']);
      if (type !== 'lease_slot') expect((late as Error).constructor.name).toBe('Interrupted');
      expect(openEffects(bench)).toEqual([]);
    },
  );

  test('a hand that does not listen cannot report for it either', async () => {
    const held = gate();
    const bench = openBench({
      hands: ({ run_checks }) => ({
        run_checks: async (...given) => {
          await held.pass();
          return run_checks(...given);
        },
      }),
    });
    bench.worker.start();
    bench.request(1);
    await bench.until(() => held.standing.size > 0);
    ask(bench.store, runIdOf(1), { type: 'cancel_run' });
    await bench.until(() => bench.began.some(({ type }) => type === 'release_slot'));
    held.open();
    await bench.worker.drain();
    expect(bench.store.queries.find(runIdOf(1))).toMatchObject({ state: 'canceled', checksPassed: false });
  });

  test('work that came too late is done without being begun', async () => {
    const bench = openBench();
    bench.request(1);
    bench.store.outbox.owe('run_gate', 1, { runId: runIdOf(1) });
    bench.worker.start();
    await bench.untilState(1, 'needs_approval');
    expect(bench.began.some(({ type }) => type === 'run_gate')).toBe(false);
  });
});

test('a log that a hand left open when it threw is finished, so that nobody follows it for ever', async () => {
  const bench = openBench({
    hands: (straight) => ({
      run_checks: async (run, context, effect) => {
        const log = context.openLog('check-unit');
        log.write(`try ${effect.tries}\n`);
        if (effect.tries < 2) throw new Error('the sandbox is gone');
        await log.close();
        return straight.run_checks(run, context, effect);
      },
    }),
  });
  bench.worker.start();
  bench.request(1);
  await bench.untilState(1, 'needs_approval');
  expect(bench.store.logs.read(runIdOf(1), 'check-unit', 0)).toMatchObject({ text: 'try 1\ntry 2\n', finished: true });
  expect(bench.store.logs.list(runIdOf(1))).toMatchObject([{ name: 'check-unit', finished: true }]);
});
