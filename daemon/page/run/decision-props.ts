import type { RunDetail } from '#shared/api.ts';
import type { FollowFacts } from '#shared/ui/may-follow.ts';

/** Which form stands open below the buttons of a run. */
export type RunForm = 'reject' | 'cancel' | 'revise' | 'revert';

/** What every decision on a run works with. */
export interface DecisionProps {
  detail: RunDetail;
  facts: FollowFacts;
  /** Another tab than the overview is shown: the particulars are there. */
  brief: boolean;
  form: RunForm | undefined;
  onForm(form: RunForm | undefined): void;
}
