import type { Run, RunState } from '../run.ts';
import { isTerminal } from './run-groups.ts';
import { stateWords } from './state-words.ts';

const STEPS: readonly { name: string; states: readonly RunState[] }[] = [
  { name: 'Queue', states: ['queued'] },
  { name: 'Edit', states: ['planning', 'editing'] },
  { name: 'Test', states: ['testing', 'preview_ready'] },
  { name: 'Review', states: ['needs_approval'] },
  { name: 'Merge', states: ['approved', 'merging'] },
  { name: 'Live', states: ['deploying', 'merged'] },
];

/** Index of the step a state belongs to, -1 for the unhappy ends. */
function stepOf(state: RunState): number {
  return STEPS.findIndex((step) => step.states.includes(state));
}

/** How far a run has come, from request to release. An ended run shows no steps: its pill and reason say it. */
export function RunSteps({ run }: { run: Pick<Run, 'state' | 'reason'> }) {
  const current = stepOf(run.state);
  if (current < 0 || isTerminal(run.state)) return null;
  return (
    <ol class="cb-steps" aria-label={`Step ${current + 1} of ${STEPS.length}: ${stateWords(run).label}`}>
      {STEPS.map((step, index) => (
        <li
          key={step.name}
          class={index < current ? 'cb-step-done' : index === current ? `cb-step-now cb-tone-${stateWords(run).tone}` : ''}
          aria-current={index === current ? 'step' : undefined}
        >
          {step.name}
        </li>
      ))}
    </ol>
  );
}
