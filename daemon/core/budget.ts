/** Limits in tokens and dollars; what is absent is unlimited. A day is one of UTC. */
export interface Budgets {
  runTokens?: number | undefined;
  runCostUsd?: number | undefined;
  dayTokens?: number | undefined;
  dayCostUsd?: number | undefined;
  authorDayTokens?: number | undefined;
  authorDayCostUsd?: number | undefined;
}

export interface Spent {
  tokens: number;
  costUsd: number;
}

/** What is left for the next turn of a run, and what ran out first when nothing is. */
export interface Allowance {
  tokens?: number;
  costUsd?: number;
  /** Today's budget, of everybody or of the author, is used up. */
  dayIsOver?: string;
}

const DAY_MS = 86_400_000;

/** The first millisecond of the day (UTC) an instant lies in. */
export const dayOf = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;

/** The least of what the run's, the day's and the author's budgets leave. */
export function allowanceOf(budgets: Budgets, spent: { run: Spent; day: Spent; author: Spent }): Allowance {
  const left = (rows: readonly (readonly [number | undefined, number])[]): number | undefined => {
    const rests = rows.flatMap(([limit, used]) => (limit === undefined ? [] : [Math.max(0, limit - used)]));
    return rests.length === 0 ? undefined : Math.min(...rests);
  };
  const tokens = left([
    [budgets.runTokens, spent.run.tokens],
    [budgets.dayTokens, spent.day.tokens],
    [budgets.authorDayTokens, spent.author.tokens],
  ]);
  const costUsd = left([
    [budgets.runCostUsd, spent.run.costUsd],
    [budgets.dayCostUsd, spent.day.costUsd],
    [budgets.authorDayCostUsd, spent.author.costUsd],
  ]);
  const isOver = (limit: number | undefined, used: number) => limit !== undefined && used >= limit;
  const dayIsOver =
    isOver(budgets.dayTokens, spent.day.tokens) || isOver(budgets.dayCostUsd, spent.day.costUsd)
      ? "Today's budget is used up."
      : isOver(budgets.authorDayTokens, spent.author.tokens) || isOver(budgets.authorDayCostUsd, spent.author.costUsd)
        ? "The author's budget for today is used up."
        : undefined;
  return {
    ...(tokens === undefined ? {} : { tokens }),
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(dayIsOver === undefined ? {} : { dayIsOver }),
  };
}
