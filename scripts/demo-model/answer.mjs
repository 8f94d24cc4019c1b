/** @typedef {import('./steps.mjs').Answer} Answer */

/**
 * An answer in the shape the brief asks for, whose first words say who speaks.
 * @param {string} summary
 * @param {Partial<Omit<Answer, 'summary'>>} [rest]
 * @returns {Answer}
 */
export function answer(summary, rest = {}) {
  return { summary: `Demo model: ${summary}`, files: [], risks: [], howToVerify: [], followUps: [], ...rest };
}
