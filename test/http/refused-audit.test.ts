import { expect, test } from 'vitest';
import type { RefusedEntry } from '../../daemon/http/handlers.ts';
import { openRefusedAudit } from '../../daemon/http/refused-audit.ts';
import type { Clock } from '../../daemon/ports.ts';

/** A clock that is moved by hand. */
function handClock() {
  let now = 0;
  let timers: { at: number; then: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    after(delayMs, then) {
      const timer = { at: now + delayMs, then };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  };
  const move = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      timers = timers.filter((timer) => timer !== due);
      now = due.at;
      due.then();
    }
    now = end;
  };
  return { clock, move, pending: () => timers.length };
}

const entry = (more: Partial<RefusedEntry> = {}) => ({
  actor: 'nobody',
  subject: 'status',
  code: 'unauthorized' as const,
  requestId: 'req_1',
  traceId: 't',
  ...more,
});

test('the first of a kind is told at once, repeats once a window with their number, and silence ends it', () => {
  const { clock, move, pending } = handClock();
  const told: RefusedEntry[] = [];
  const audit = openRefusedAudit(clock, (refused) => told.push(refused));
  audit.refused(entry());
  for (let i = 2; i <= 100; i++) audit.refused(entry({ requestId: `req_${i}` }));
  expect(told.map(({ repeats }) => repeats)).toEqual([1]);
  move(1_000);
  expect(told.at(-1)).toMatchObject({ repeats: 99, requestId: 'req_100' });
  move(10_000);
  expect(told.length).toBe(2);
  expect(pending()).toBe(0);
});

test('AUD-01 a flood for an hour, of one kind or of ten thousand, is a bounded number of entries and loses no count', () => {
  for (const kinds of [1, 10_000]) {
    const { clock, move } = handClock();
    const told: RefusedEntry[] = [];
    const audit = openRefusedAudit(clock, (refused) => told.push(refused));
    let sent = 0;
    for (let second = 0; second < 3_600; second++) {
      for (let i = 0; i < 20; i++) audit.refused(entry({ subject: `GET /${sent++ % kinds}` }));
      move(1_000);
    }
    audit.close();
    expect(told.reduce((sum, { repeats }) => sum + repeats, 0)).toBe(sent);
    expect([kinds, told.length < (kinds === 1 ? 80 : 900)]).toEqual([kinds, true]);
  }
});

test('a flood of strangers does not swallow what a paired device was refused', () => {
  const told: RefusedEntry[] = [];
  const audit = openRefusedAudit(handClock().clock, (refused) => told.push(refused));
  for (let i = 0; i < 10_000; i++) audit.refused(entry({ subject: `GET /${i}` }));
  audit.refused(entry({ actor: 'eva', deviceId: 'dev_1', subject: 'approveRun', code: 'forbidden' }));
  expect(told.at(-1)).toMatchObject({ actor: 'eva', subject: 'approveRun', repeats: 1 });
});

test('different actors, codes and subjects are told apart, and a long subject is cut', () => {
  const told: RefusedEntry[] = [];
  const audit = openRefusedAudit(handClock().clock, (refused) => told.push(refused));
  audit.refused(entry());
  audit.refused(entry({ actor: 'eva' }));
  audit.refused(entry({ code: 'forbidden' }));
  audit.refused(entry({ subject: 'x'.repeat(10_000) }));
  expect(told.length).toBe(4);
  expect(told.at(-1)!.subject.length).toBeLessThan(200);
});
