import { useEffect, useState } from 'preact/hooks';
import type { Run } from '#shared/run.ts';
import { Icon } from '#shared/ui/icon.tsx';
import { isTerminal } from '#shared/ui/run-groups.ts';
import { safeHref } from '#shared/ui/safe-href.ts';
import { DemoLabel } from '#shared/ui/state-pill.tsx';
import { Button } from '../button.tsx';
import { useShortcuts } from '../keyboard.ts';
import { ActNote } from '../note.tsx';
import { useSession } from '../session-context.ts';
import { useAct } from '../use-act.ts';
import { useObserved } from '../use-observed.ts';
import { AfterEnd } from './after-end.tsx';
import { useArmed } from './armed.ts';
import { Cancel, Reject } from './end-forms.tsx';
import { approveBlock, cancelBlock, rejectBlock } from './may-decide.ts';
import { MovedNote, useMoved } from './moved.tsx';
import { PolicyReasons } from './policy-reasons.tsx';

/** What a person can do with a run, and everything that must be known before the button. */
export function Decision({ run, brief }: { run: Run; brief: boolean }) {
  const session = useSession();
  const status = useObserved(session.status);
  const connected = useObserved(session.link.state).is === 'ready';
  const [readMigration, setReadMigration] = useState(false);
  const [open, setOpen] = useState<'reject' | 'cancel' | undefined>();
  const took = ({ run: next }: { run: Run }) => {
    setOpen(undefined);
    session.runs.take(next);
    session.cache.amend('getRun', { params: { id: run.id } }, (known) =>
      known.run.version <= next.version ? { ...known, run: next } : known,
    );
  };
  const approve = useAct('approveRun', took);
  const reject = useAct('rejectRun', took);
  const cancel = useAct('cancelRun', took);
  const head = run.headCommit ?? '';
  const { place, armed, allows } = useArmed(`${run.id}/${head}/${run.state}`);
  const moved = useMoved(run);
  useEffect(() => setReadMigration(false), [head]);
  useEffect(() => {
    if (approve.state.is !== 'refused') return;
    session.cache.touch((door, params) => params?.id === run.id && (door === 'getRun' || door === 'getDiff'));
  }, [approve.state]);

  const facts = { run, status, connected };
  const noApprove = moved.from ? 'The change has moved on. Look at what is different first.' : approveBlock(facts, readMigration);
  const noReject = rejectBlock(facts);
  const noCancel = cancelBlock(facts);
  const preview = isTerminal(run.state) ? undefined : safeHref(run.previewUrl);
  const asked = run.state === 'needs_approval';
  const decided = run.state === 'approved' || run.state === 'merging' || run.state === 'deploying';
  useShortcuts([
    { key: 'o', words: 'Open the preview', run: () => preview && window.open(preview, '_blank', 'noopener,noreferrer') },
    { key: 'a', words: 'Go to Approve and Merge', run: () => place.current?.querySelector('button')?.focus() },
    { key: 'r', words: 'Reject', run: () => noReject === undefined && setOpen('reject') },
    { key: 'x', words: 'Cancel the run', run: () => noCancel === undefined && setOpen('cancel') },
  ]);
  if (isTerminal(run.state)) return <AfterEnd run={run} />;

  return (
    <section class={`decision ${asked ? 'decision-asked' : ''}`} aria-label="Decision">
      {asked && (
        <>
          <h2>Approve or reject {run.demo && <DemoLabel />}</h2>
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
        {!decided && (
          <Button blocked={noReject} title="Reject (R)" onClick={() => setOpen(open === 'reject' ? undefined : 'reject')}>
            Reject…
          </Button>
        )}
        <Button
          kind={asked ? 'quiet' : 'plain'}
          blocked={noCancel}
          title="Cancel (X)"
          onClick={() => setOpen(open === 'cancel' ? undefined : 'cancel')}
        >
          Cancel…
        </Button>
      </div>
      {noApprove && !decided && <p class="hint blocked-why">{noApprove}</p>}
      {!(moved.from && approve.state.is === 'refused' && approve.state.refusal.code === 'stale') && <ActNote state={approve.state} />}
      {open === 'reject' && (
        <Reject
          busy={reject.busy}
          onClose={() => setOpen(undefined)}
          onReject={(reason) => reject.run({ params: { id: run.id }, body: { reason } })}
        />
      )}
      {open === 'cancel' && (
        <Cancel busy={cancel.busy} onClose={() => setOpen(undefined)} onCancel={() => cancel.run({ params: { id: run.id }, body: {} })} />
      )}
      <ActNote state={reject.state} />
      <ActNote state={cancel.state} />
    </section>
  );
}
