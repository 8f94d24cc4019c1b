import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import type { RunLook } from '../../messages.ts';
import { ApproveElsewhere, ELSEWHERE_WORDS } from './approve-elsewhere.tsx';
import { DecisionForm } from './decision-form.tsx';
import { mayAct } from './may-act.ts';
import { isBusy, type RunForm } from './run-desk.ts';
import type { RunViewParts } from './run-view-parts.ts';
import { TooSoon } from './too-soon.tsx';
import { seesCovers, useArmed } from './use-armed.ts';

const LABELS = { revise: 'Revise…', reject: 'Reject…', cancel: 'Cancel…' } as const;

/** What a person decides here. Approving names the commit that was shown. */
export function Decision({
  run,
  daemon,
  look,
  desk,
  shell,
  isUnseen,
  children,
}: RunViewParts & {
  look: RunLook | undefined;
  /** Ways to look at it, which stand beside what is decided. */
  children: ComponentChildren;
}) {
  const state = useObserved(desk.state);
  const [readMigration, setReadMigration] = useState(false);
  const head = run.headCommit ?? '';
  useEffect(() => setReadMigration(false), [head]);
  const { offered, approve } = mayAct({ run, daemon, look, readMigration, isUnseen });
  const { place, isArmed, isTooEarly, allows } = useArmed(`${run.id}/${head}/${run.state}/${approve ?? ''}`, shell);
  const form = state.form?.runId === run.id ? state.form.form : undefined;
  const busy = isBusy(state, run.id);
  const problem = state.acts[run.id]?.problem;
  const isApprovedHere = offered.includes('approve') && seesCovers();
  const isApprovedElsewhere = offered.includes('approve') && !seesCovers();

  const formButton = (each: RunForm) => (
    <Button
      key={each}
      kind={each === 'cancel' ? 'quiet' : 'plain'}
      expanded={form === each}
      onClick={(event) => {
        if (!shell.isReal(event)) return;
        if (form === each) desk.closeForm();
        else desk.setForm({ runId: run.id, form: each });
      }}
    >
      {LABELS[each]}
    </Button>
  );

  return (
    <div class="decision">
      {isApprovedHere && run.hasMigrations && (
        <label class="tick">
          <input type="checkbox" checked={readMigration} onChange={(event) => setReadMigration(event.currentTarget.checked)} />I have read
          the migration
        </label>
      )}
      <div class="row-acts">
        {isApprovedHere && (
          <div ref={place} class={`approve ${isArmed || approve !== undefined ? '' : 'arming'}`} data-armed={isArmed}>
            <Button
              kind="primary"
              blocked={approve}
              title="Merges this commit into main and makes it live"
              busy={busy && state.acts[run.id]?.act === 'approveRun'}
              onClick={(event) => {
                if (!allows(event)) return;
                void desk.act(run, 'approveRun', { headCommit: head, ...(run.hasMigrations && { confirm: { migrations: true } }) });
              }}
            >
              Approve and Merge
              <code>{head.slice(0, 8)}</code>
            </Button>
          </div>
        )}
        {isApprovedElsewhere && daemon && <ApproveElsewhere run={run} daemonId={daemon.id} shell={shell} />}
        {(['revise', 'reject'] as const).map((each) => offered.includes(each) && formButton(each))}
        {offered.includes('retry') && (
          <Button
            title="Asks for the same again, from today’s main"
            busy={busy && state.acts[run.id]?.act === 'retryRun'}
            onClick={(event) => shell.isReal(event) && void desk.act(run, 'retryRun', {})}
          >
            Retry
          </Button>
        )}
      </div>
      <div class="row-acts">
        {children}
        {offered.includes('cancel') && formButton('cancel')}
      </div>
      {isApprovedElsewhere && <p class="run-now">{ELSEWHERE_WORDS}</p>}
      {isApprovedHere && approve !== undefined && <p class="run-now">{approve}</p>}
      {isTooEarly && <TooSoon />}
      {form !== undefined && (
        <DecisionForm
          key={`${run.id}/${form}`}
          run={run}
          form={form}
          shell={shell}
          words={state.words[`${run.id}/${form}`] ?? ''}
          isBusy={busy}
          onWrite={desk.write}
          onBack={(event) => shell.isReal(event) && desk.closeForm()}
          onDo={(words) => {
            if (form === 'reject') void desk.act(run, 'rejectRun', { reason: words });
            else if (form === 'revise') void desk.act(run, 'reviseRun', { comments: [], text: words });
            else void desk.act(run, 'cancelRun', {});
          }}
        />
      )}
      {problem !== undefined && <Problem text={problem} />}
    </div>
  );
}

function Problem({ text }: { text: string }) {
  return (
    <p class="run-now cb-text-bad" role="alert">
      <Visible text={text} />
    </p>
  );
}
