import { useEffect, useState } from 'preact/hooks';
import { useArmed } from '#shared/ui/armed.ts';
import { Button } from '#shared/ui/button.tsx';
import { Cancel, Reject } from '#shared/ui/end-forms.tsx';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { approveBlock, cancelBlock, rejectBlock } from '#shared/ui/may-decide.ts';
import { applyBlock, reviseBlock } from '#shared/ui/may-follow.ts';
import { isProposal } from '#shared/ui/run-groups.ts';
import { ActNote } from './act-note.tsx';
import type { ActsProps } from './panel-props.ts';
import { ReviseForm } from './revise-form.tsx';

/** Approve or apply, revise, reject or cancel a run that has not ended. The first takes a click only once it has been in sight for a moment. */
export function OpenActs({ detail, facts, act, form, onForm, onRun }: ActsProps) {
  const { run, standing } = detail;
  const proposal = isProposal(run);
  const head = run.headCommit ?? '';
  const [shownHead, setShownHead] = useState(head);
  const [readMigration, setReadMigration] = useState(false);
  const { place, armed, tooEarly, allows } = useArmed(`${run.id}/${head}/${run.state}/${proposal}`);
  useEffect(() => {
    setReadMigration(false);
    if (shownHead === '') setShownHead(head);
  }, [head]);

  const toggle = (wanted: typeof form) => onForm(form === wanted ? undefined : wanted);
  const close = () => onForm(undefined);
  const asked = run.state === 'needs_approval';
  const decides = asked || proposal;
  const hasMoved = shownHead !== '' && head !== shownHead;
  const noYes = proposal
    ? applyBlock(facts)
    : hasMoved
      ? 'The change has moved on. Look at what is different first.'
      : approveBlock(facts, readMigration, standing);
  const noReject = rejectBlock(facts);
  const noRevise = reviseBlock(facts);
  const noCancel = cancelBlock(facts);
  const yes = () => {
    if (proposal) act.run({ act: 'applyRun', runId: run.id, body: {}, done: close });
    else {
      const body = { headCommit: head, ...(run.hasMigrations && { confirm: { migrations: true } }) };
      act.run({ act: 'approveRun', runId: run.id, body, done: close });
    }
  };
  useShortcuts([
    {
      key: 'a',
      words: proposal ? 'Go to Apply the patch' : 'Go to Approve and Merge',
      when: () => decides,
      run: () => place.current?.querySelector('button')?.focus(),
    },
    { key: 'v', words: 'Request a revision', run: () => noRevise === undefined && onForm('revise') },
    { key: 'r', words: 'Reject', run: () => noReject === undefined && onForm('reject') },
    { key: 'x', words: 'Cancel the run', run: () => noCancel === undefined && onForm('cancel') },
  ]);

  return (
    <>
      {form === 'revise' && (
        <ReviseForm
          run={run}
          busy={act.isBusy('reviseRun')}
          onClose={close}
          onSend={(text) => act.run({ act: 'reviseRun', runId: run.id, body: { comments: [], text }, done: onRun })}
        />
      )}
      {form === 'reject' && (
        <Reject
          busy={act.isBusy('rejectRun')}
          onClose={close}
          onReject={(reason) => act.run({ act: 'rejectRun', runId: run.id, body: { reason }, done: close })}
        />
      )}
      {form === 'cancel' && (
        <Cancel
          busy={act.isBusy('cancelRun')}
          onClose={close}
          onCancel={() => act.run({ act: 'cancelRun', runId: run.id, body: {}, done: close })}
        />
      )}
      <ActNote state={act.state} />
      {asked && run.hasMigrations && (
        <label class="tick">
          <input type="checkbox" checked={readMigration} onChange={(event) => setReadMigration(event.currentTarget.checked)} />I have read
          the migration
        </label>
      )}
      {hasMoved && asked && (
        <p class="hint moved">
          The change moved from <code>{shownHead.slice(0, 8)}</code> to <code>{head.slice(0, 8)}</code> while this was open.{' '}
          <button type="button" class="cb-quiet" onClick={() => setShownHead(head)}>
            I have seen it
          </button>
        </p>
      )}
      <div class="actions">
        {decides && (
          <div ref={place} class={`approve ${armed || noYes ? '' : 'arming'}`} data-armed={armed}>
            <Button
              kind="primary"
              blocked={noYes}
              busy={act.isBusy('approveRun') || act.isBusy('applyRun')}
              title={proposal ? 'Apply the patch (A, then Enter)' : 'Approve and Merge (A, then Enter)'}
              onClick={(event) => allows(event) && yes()}
            >
              {act.isBusy('approveRun')
                ? 'Approving…'
                : act.isBusy('applyRun')
                  ? 'Applying…'
                  : proposal
                    ? 'Apply the patch'
                    : 'Approve and Merge'}
            </Button>
          </div>
        )}
        {(decides || !noRevise) && (
          <Button blocked={noRevise} expanded={form === 'revise'} title="Request a revision (V)" onClick={() => toggle('revise')}>
            Revise…
          </Button>
        )}
        {(asked || !noReject) && (
          <Button blocked={noReject} expanded={form === 'reject'} title="Reject (R)" onClick={() => toggle('reject')}>
            Reject…
          </Button>
        )}
        <Button
          kind={decides ? 'quiet' : 'plain'}
          blocked={noCancel}
          expanded={form === 'cancel'}
          title="Cancel the run (X)"
          onClick={() => toggle('cancel')}
        >
          Cancel…
        </Button>
      </div>
      {tooEarly && (
        <p class="hint why" role="status">
          A moment too soon: the button takes a click once it has been in sight for a second. Click again.
        </p>
      )}
      {decides && noYes && !tooEarly && <p class="hint why">{noYes}</p>}
    </>
  );
}
