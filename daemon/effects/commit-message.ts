import type { AgentAnswer } from '#shared/review.ts';
import type { Run } from '../core/run.ts';

/** Message of a run's commit: title, what the agent says it did, and who and what it came from. */
export function commitMessage(run: Run, answer: AgentAnswer): string {
  const trailers = [
    `Codex-Run: ${run.id}`,
    ...(run.threadId === undefined ? [] : [`Codex-Thread: ${run.threadId}`]),
    `Requested-by: ${run.author}`,
  ];
  return `${run.title}\n\n${answer.summary}\n\n${trailers.join('\n')}\n`;
}
