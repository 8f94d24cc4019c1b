import { useEffect, useState } from 'preact/hooks';
import { useArmed } from '#shared/ui/armed.ts';
import { Button } from '#shared/ui/button.tsx';
import { Cancel, Reject } from '#shared/ui/end-forms.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { approveBlock, cancelBlock, rejectBlock } from '#shared/ui/may-decide.ts';
import { reviseBlock } from '#shared/ui/may-follow.ts';
import { PolicyReasons } from '#shared/ui/policy-reasons.tsx';
import { safeHref } from '#shared/ui/safe-href.ts';
import { DemoLabel } from '#shared/ui/state-pill.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { ActNote } from '../note.tsx';
import { written } from '../review-drafts.ts';
import { useSession } from '../session-context.ts';
import { useRunAct } from './act-on-run.ts';
import type { DecisionProps } from './decision-props.ts';
import { MovedNote, useMoved } from './moved.tsx';
import { ReviseButton, ReviseForm } from './revise-form.tsx';

/** Approve, reject, revise or cancel a run that has not ended. */
export function OpenDecision({ detail, facts, brief, form, onForm }: DecisionProps) {
  const { run } = detail;
  const [readMigration, setReadMigration] = useState(false);
  const toggle = (wanted: typeof form) => onForm(form === wanted ? undefined : wanted);
  const took = () => onForm(undefined);
  const approve = useRunAct('approveRun', run, took);
  const reject = useRunAct('rejectRun', run, took);
  const cancel = useRunAct('cancelRun', run, took);
  const head = run.headCommit ?? '';
  const { place, armed, tooEarly, allows } = useArmed(`${run.id}/${head}/${run.state}`);
  const moved = useMoved(run);
  const waiting = written(useObserved(useSession().reviews.of(run.id))).length;
  useEffect(() => setReadMigration(false), [head]);

  const noApprove = moved.from
    ? 'The change has moved on. Look at what is different first.'
    : approveBlock(facts, readMigration, detail.standing);
  const noReject = rejectBlock(facts);
  const noCancel = cancelBlock(facts);
  const noRevise = reviseBlock(facts);
  const preview = safeHref(run.previewUrl);
  const asked = run.state === 'needs_approval';
  const decided = run.state === 'approved' || run.state === 'merging' || run.state === 'deploying';
  useShortcuts([
    { key: 'o', words: 'Open the preview', run: () => preview && window.open(preview, '_blank', 'noopener,noreferrer') },
    { key: 'a', words: 'Go to Approve and Merge', run: () => place.current?.querySelector('button')?.focus() },
    { key: 'e', words: 'Request a revision', run: () => noRevise === undefined && onForm('revise') },
    { key: 'r', words: 'Reject', run: () => noReject === undefined && onForm('reject') },
    { key: 'x', words: 'Cancel the run', run: () => noCancel === undefined && onForm('cancel') },
  ]);

  return (
    <section class={`decision ${asked ? 'decision-asked' : ''}`} aria-label="Decision">
      {asked && (
        <>
          <h2>Approve, revise or reject {run.demo && <DemoLabel />}</h2>
          <PolicyReasons policy={run.policy} brief={brief} />
          {moved.from && (
            <MovedNote
              run={run}
              from={moved.from}
              files={moved.files}
              onSeen={() => {
                approve.reset();
                moved.accept();
              }}
            />
          )}
          {run.hasMigrations && (
            <label class="tick">
              <input type="checkbox" checked={readMigration} onChange={(event) => setReadMigration(event.currentTarget.checked)} />I have
              read the migration
            </label>
          )}
        </>
      )}
      <div class="actions">
        {!decided && (
          <div ref={place} class={`approve ${armed || noApprove ? '' : 'arming'}`} data-armed={armed}>
            <Button
              kind={asked ? 'primary' : 'plain'}
              blocked={noApprove}
              busy={approve.busy}
              title="Approve and Merge (A, then Enter)"
              onClick={(event) => {
                if (!allows(event)) return;
                approve.run({
                  params: { id: run.id },
                  body: { headCommit: head, ...(run.hasMigrations && { confirm: { migrations: true } }) },
                });
              }}
            >
              {approve.busy ? 'Approving…' : 'Approve and Merge'}
              {asked && !approve.busy && <code>{head.slice(0, 8)}</code>}
            </Button>
          </div>
        )}
        {preview && (
          <a class="button button-plain" href={preview} target="_blank" rel="noopener noreferrer" title="Open Preview (O)">
            Open Preview
            <Icon name="external" />
          </a>
        )}
        {asked && <ReviseButton runId={run.id} blocked={noRevise} open={form === 'revise'} onToggle={() => toggle('revise')} />}
        {!decided && (
          <Button blocked={noReject} title="Reject (R)" onClick={() => toggle('reject')}>
            Reject…
          </Button>
        )}
        <Button kind={asked ? 'quiet' : 'plain'} blocked={noCancel} title="Cancel (X)" onClick={() => toggle('cancel')}>
          Cancel…
        </Button>
      </div>
      {tooEarly && (
        <p class="hint blocked-why" role="status">
          That came a moment too soon: the button takes a click once it has been in sight for a second. Click again.
        </p>
      )}
      {waiting > 0 && asked && !noApprove && form !== 'revise' && (
        <p class="hint blocked-why">
          {waiting === 1 ? 'A comment of yours is' : `${waiting} comments of yours are`} not sent. Approving does not send them; a revision
          does.
        </p>
      )}
      {noApprove && !decided && <p class="hint blocked-why">{noApprove}</p>}
      {!(moved.from && approve.state.is === 'refused' && approve.state.refusal.code === 'stale') && <ActNote state={approve.state} />}
      {form === 'revise' && noRevise === undefined && <ReviseForm run={run} onClose={took} />}
      {form === 'reject' && (
        <Reject busy={reject.busy} onClose={took} onReject={(reason) => reject.run({ params: { id: run.id }, body: { reason } })} />
      )}
      {form === 'cancel' && <Cancel busy={cancel.busy} onClose={took} onCancel={() => cancel.run({ params: { id: run.id }, body: {} })} />}
      <ActNote state={reject.state} />
      <ActNote state={cancel.state} />
    </section>
  );
}
