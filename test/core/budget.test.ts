import { expect, test } from 'vitest';
import { allowanceOf, dayOf } from '../../daemon/core/budget.ts';
import { etaOf } from '../../daemon/core/eta.ts';

const none = { tokens: 0, costUsd: 0 };

test('the least of the run, the day and the author is what is left', () => {
  const budgets = { runTokens: 100, dayTokens: 150, authorDayTokens: 120 };
  const spent = { run: { tokens: 10, costUsd: 0 }, day: { tokens: 90, costUsd: 0 }, author: { tokens: 80, costUsd: 0 } };
  expect(allowanceOf(budgets, spent)).toEqual({ tokens: 40 });
  expect(allowanceOf({}, spent)).toEqual({});
  expect(allowanceOf({ runTokens: 5 }, spent), 'never less than nothing').toEqual({ tokens: 0 });
});

test('a day that is used up is said, the author’s apart; a run’s own budget is not a day’s', () => {
  expect(allowanceOf({ dayCostUsd: 1 }, { run: none, day: { tokens: 0, costUsd: 1 }, author: none }).dayIsOver).toContain("Today's budget");
  expect(allowanceOf({ authorDayTokens: 1 }, { run: none, day: none, author: { tokens: 1, costUsd: 0 } }).dayIsOver).toContain("author's");
  expect(allowanceOf({ runTokens: 1 }, { run: { tokens: 1, costUsd: 0 }, day: none, author: none }).dayIsOver).toBeUndefined();
});

test('a day begins at midnight UTC', () => {
  expect(new Date(dayOf(Date.parse('2026-11-21T23:59:59.999Z'))).toISOString()).toBe('2026-11-21T00:00:00.000Z');
});

test('an ETA is the rest of the stage and the medians of those after it, or nothing', () => {
  const times = new Map([
    ['planning', [1, 2, 3]],
    ['editing', [10, 20, 900]],
    ['testing', [5, 5, 5]],
    ['preview_ready', [1, 1, 1]],
  ] as const);
  expect(etaOf({ state: 'editing', stateSince: 0, waits: false }, 15, times)).toBe(5 + 5 + 1);
  expect(etaOf({ state: 'editing', stateSince: 0, waits: false }, 500, times), 'late, but not before now').toBe(6);
  expect(etaOf({ state: 'queued', stateSince: 0, waits: false }, 0, times)).toBe(2 + 20 + 5 + 1);
  expect(etaOf({ state: 'queued', stateSince: 0, waits: true }, 0, times)).toBeUndefined();
  expect(etaOf({ state: 'merging', stateSince: 0, waits: false }, 0, times), 'no run has ever merged').toBeUndefined();
  expect(etaOf({ state: 'needs_approval', stateSince: 0, waits: false }, 0, times), 'nobody knows a person').toBeUndefined();
});
