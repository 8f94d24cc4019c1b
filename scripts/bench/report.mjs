/**
 * A table with aligned columns: words to the left, figures to the right.
 * @param {readonly (readonly string[])[]} rows the first is the heading
 * @returns {string}
 */
export function tableOf(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('   '),
    )
    .map((line) => `  ${line.trimEnd()}\n`)
    .join('');
}

/**
 * What must be reached, what was measured, and whether it was.
 * @typedef {{ what: string, goal: string, measured: string, isMet: boolean }} Goal
 * @param {readonly Goal[]} goals
 */
export function goalsOf(goals) {
  return tableOf([
    ['goal', 'at most', 'measured', ''],
    ...goals.map(({ what, goal, measured, isMet }) => [what, goal, measured, isMet ? 'met' : 'NOT MET']),
  ]);
}

/** @param {number} value */
export const ms = (value) => `${value.toFixed(1)} ms`;
/** @param {number} bytes */
export const kB = (bytes) => `${(bytes / 1_000).toFixed(1)} kB`;
