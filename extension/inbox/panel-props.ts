import type { RunDetail } from '#shared/api.ts';
import type { Run } from '#shared/run.ts';
import type { FollowFacts } from '#shared/ui/may-follow.ts';
import type { Inbox } from './inbox-store.ts';
import type { RunAct } from './use-run-act.ts';

/** Which form stands open above the buttons of a run. */
export type PanelForm = 'reject' | 'cancel' | 'revise' | 'revert' | 'roll_back';

/** What the acts on a run work with. */
export interface ActsProps {
  inbox: Inbox;
  daemonId: string;
  detail: RunDetail;
  facts: FollowFacts;
  act: RunAct;
  form: PanelForm | undefined;
  onForm(form: PanelForm | undefined): void;
  /** An act made another run. */
  onRun(run: Run): void;
}
