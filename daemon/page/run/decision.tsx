import { isProposal, isTerminal } from '#shared/ui/run-groups.ts';
import { AfterEnd } from './after-end.tsx';
import type { DecisionProps } from './decision-props.ts';
import { OpenDecision } from './open-decision.tsx';
import { ProposalDecision } from './proposal-decision.tsx';

/** What a person can do with a run, by where it stands, and everything that must be known before the button. */
export function Decision(props: DecisionProps) {
  const { run } = props.detail;
  if (isTerminal(run.state)) return <AfterEnd {...props} />;
  return isProposal(run) ? <ProposalDecision {...props} /> : <OpenDecision {...props} />;
}
