import { type Allowance, allowanceOf, dayOf } from '../core/budget.ts';
import type { Run } from '../core/run.ts';
import type { Parts } from './parts.ts';

/** What the budgets leave for the run's next turn, counting what is being spent this moment. */
export function allowanceFor({ queries, clock, limits }: Pick<Parts, 'queries' | 'clock' | 'limits'>, run: Run): Allowance {
  const today = dayOf(clock.now());
  const own = queries.view(run).usage;
  return allowanceOf(limits.budgets, {
    run: { tokens: own.inputTokens + own.outputTokens, costUsd: own.costUsd ?? 0 },
    day: queries.spentSince(today),
    author: queries.spentSince(today, run.author),
  });
}
