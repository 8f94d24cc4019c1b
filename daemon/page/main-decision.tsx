import { useState } from 'preact/hooks';
import type { Status } from '#shared/api.ts';
import { Button } from '#shared/ui/button.tsx';
import { Note } from '#shared/ui/note.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { ActNote } from './note.tsx';
import { useMay, useSession } from './session-context.ts';
import { useAct } from './use-act.ts';

type Upstream = Status['upstream'];

/** What only a person can decide about commits from their repository: to release main as it is, or to take a rewritten one over. */
export function MainDecision() {
  const status = useObserved(useSession().status);
  if (status === undefined) return null;
  const { rewritten, held, notLive } = status.upstream;
  if (rewritten !== undefined) return <TakeOver rewritten={rewritten} />;
  return notLive !== undefined || held?.why === 'refused' ? <ReleaseMain upstream={status.upstream} /> : null;
}

function ReleaseMain({ upstream: { notLive, held } }: { upstream: Upstream }) {
  const act = useAct('createRelease');
  const block = useBlock('approver', 'release main');
  const again = held !== undefined || notLive?.why === 'failed';
  return (
    <Note level={again ? 'error' : 'info'}>
      <p>
        {notLive?.why === 'manual'
          ? `main has ${notLive.commits} ${notLive.commits === 1 ? 'commit' : 'commits'} from your repository that nobody has released.`
          : 'What came from your repository did not go live.'}{' '}
        {again && <Visible text={held?.detail ?? notLive?.detail ?? ''} />}
      </p>
      <Button blocked={block} busy={act.busy} onClick={() => act.run({ body: {} })}>
        {again ? 'Check it again and release it' : 'Check main and release it'}
      </Button>
      <ActNote state={act.state} />
    </Note>
  );
}

function TakeOver({ rewritten }: { rewritten: NonNullable<Upstream['rewritten']> }) {
  const act = useAct('takeOverMain');
  const block = useBlock('admin', 'take main over');
  const [sure, setSure] = useState(false);
  const { commit, dropped, runs } = rewritten;
  return (
    <Note level="error">
      <p>
        main in your repository was rewritten to <code>{commit.slice(0, 12)}</code>. Taken over, main here becomes exactly that, and{' '}
        {dropped === 1 ? '1 commit leaves' : `${dropped} commits leave`} it{runs.length === 0 ? '.' : ', these merged runs among them:'}
      </p>
      {runs.length > 0 && (
        <ul class="points">
          {runs.map((title) => (
            <li key={title}>
              <Visible text={title} />
            </li>
          ))}
        </ul>
      )}
      <p class="hint">What main was is kept under a ref of its own. To keep it instead, push main there forward again.</p>
      <label class="inline">
        <input type="checkbox" checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} />
        <span>That is what I want</span>
      </label>
      <Button
        kind="danger"
        blocked={block ?? (sure ? undefined : 'First say that it is what you want.')}
        busy={act.busy}
        onClick={() => act.run({ body: { commit } })}
      >
        Take main over as it is there
      </Button>
      <ActNote state={act.state} />
    </Note>
  );
}

function useBlock(role: 'approver' | 'admin', what: string): string | undefined {
  const connected = useObserved(useSession().link.state).is === 'ready';
  const may = useMay(role);
  return !connected ? 'Not connected to the daemon.' : may ? undefined : `Your role may not ${what}; it takes ${role}.`;
}
