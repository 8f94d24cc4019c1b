import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { ask } from '../../ask.ts';
import type { RunViewParts } from './run-view-parts.ts';

/** Why no press on this page is taken for an approval, and where one is. */
export const ELSEWHERE_WORDS =
  'This browser cannot tell whether the page hides what you press. So you approve where no page can: on the run’s own page, or in the popup of the toolbar button.';

/** The way to an approval where a press on this page cannot be taken for one. */
export function ApproveElsewhere({ run, daemonId, shell }: Pick<RunViewParts, 'run' | 'shell'> & { daemonId: string }) {
  return (
    <Button kind="primary" onClick={(event) => shell.isReal(event) && void ask('open_page', { daemonId, runId: run.id })}>
      Approve on the run’s page
      <Icon name="external" />
    </Button>
  );
}
