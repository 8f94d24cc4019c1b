import { useArmed } from '#shared/ui/armed.ts';
import { Button } from '#shared/ui/button.tsx';
import { Cancel } from '#shared/ui/end-forms.tsx';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { cancelBlock } from '#shared/ui/may-decide.ts';
import { applyBlock, reviseBlock } from '#shared/ui/may-follow.ts';
import { DemoLabel } from '#shared/ui/state-pill.tsx';
import { followLink } from '../navigation.ts';
import { ActNote } from '../note.tsx';
import { pathOf, type Route } from '../route.ts';
import { useRunAct } from './act-on-run.ts';
import type { DecisionProps } from './decision-props.ts';
import { ReviseButton, ReviseForm } from './revise-form.tsx';

/** Safe mode: a patch is proposed and a person says whether it is applied. */
export function ProposalDecision({ detail, facts, brief, form, onForm }: DecisionProps) {
  const { run } = detail;
  const toggle = (wanted: typeof form) => onForm(form === wanted ? undefined : wanted);
  const took = () => onForm(undefined);
  const apply = useRunAct('applyRun', run, took);
  const cancel = useRunAct('cancelRun', run, took);
  const { place, armed, allows } = useArmed(`${run.id}/proposal`);
  const noApply = applyBlock(facts);
  const noRevise = reviseBlock(facts);
  const noCancel = cancelBlock(facts);
  const diff: Route = { screen: 'run', id: run.id, tab: 'diff' };
  useShortcuts([
    { key: 'a', words: 'Go to Apply the patch', run: () => place.current?.querySelector('button')?.focus() },
    { key: 'e', words: 'Ask for another patch', run: () => noRevise === undefined && onForm('revise') },
    { key: 'x', words: 'Cancel the run', run: () => noCancel === undefined && onForm('cancel') },
  ]);
  return (
    <section class="decision decision-asked" aria-label="Decision">
      <h2>Apply the proposed patch? {run.demo && <DemoLabel />}</h2>
      <p>
        Safe mode: Codex could read and change nothing. Applied, the patch becomes a commit of this run, is tested and previewed, and then
        waits for your approval like any other.{' '}
        {brief || (
          <a href={pathOf(diff)} onClick={followLink(diff)}>
            Read the patch
          </a>
        )}
      </p>
      <div class="actions">
        <div ref={place} class={`approve ${armed || noApply ? '' : 'arming'}`} data-armed={armed}>
          <Button
            kind="primary"
            blocked={noApply}
            busy={apply.busy}
            title="Apply the patch (A, then Enter)"
            onClick={(event) => allows(event) && apply.run({ params: { id: run.id }, body: {} })}
          >
            {apply.busy ? 'Applying…' : 'Apply the patch'}
          </Button>
        </div>
        <ReviseButton runId={run.id} blocked={noRevise} open={form === 'revise'} onToggle={() => toggle('revise')}>
          Ask for another
        </ReviseButton>
        <Button kind="quiet" blocked={noCancel} title="Cancel (X)" onClick={() => toggle('cancel')}>
          Cancel…
        </Button>
      </div>
      {noApply && <p class="hint blocked-why">{noApply}</p>}
      <ActNote state={apply.state} />
      {form === 'revise' && noRevise === undefined && <ReviseForm run={run} onClose={took} />}
      {form === 'cancel' && <Cancel busy={cancel.busy} onClose={took} onCancel={() => cancel.run({ params: { id: run.id }, body: {} })} />}
      <ActNote state={cancel.state} />
    </section>
  );
}
