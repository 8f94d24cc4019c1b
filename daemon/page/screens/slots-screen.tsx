import { useState } from 'preact/hooks';
import type { Run } from '#shared/run.ts';
import type { Slot } from '#shared/slot.ts';
import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { countdown, span } from '#shared/ui/relative-time.ts';
import { isProposal } from '#shared/ui/run-groups.ts';
import { safeHref } from '#shared/ui/safe-href.ts';
import { Pill, StatePill } from '#shared/ui/state-pill.tsx';
import type { Tone } from '#shared/ui/state-words.ts';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { useNow } from '#shared/ui/use-now.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { followLink } from '../navigation.ts';
import { ActNote } from '../note.tsx';
import { pathOf, type Route } from '../route.ts';
import { useDoor, useMay, useSession } from '../session-context.ts';
import { useAct } from '../use-act.ts';

const STATES: Record<Slot['state'], { words: string; tone: Tone; meaning: string }> = {
  free: { words: 'Free', tone: 'good', meaning: 'Ready for the next run.' },
  leased: { words: 'Leased', tone: 'working', meaning: 'A run holds it.' },
  quarantined: {
    words: 'Quarantined',
    tone: 'bad',
    meaning: 'It could not be cleaned. It is tried again and not handed out until it is clean.',
  },
};

const PREVIEWS: Record<NonNullable<Slot['preview']>, { words: string; tone: string }> = {
  starting: { words: 'starting', tone: 'cb-text-working' },
  healthy: { words: 'healthy', tone: 'cb-text-good' },
  unhealthy: { words: 'not healthy', tone: 'cb-text-bad' },
  stopped: { words: 'stopped', tone: '' },
};

function Expiry({ at }: { at: string }) {
  const now = useNow(true);
  const left = Date.parse(at) - now;
  if (left <= 0) return <>ended, the slot can be taken back</>;
  return <>{left < 120_000 ? `ends in ${countdown(at, now)}` : `ends in ${span(left)}`} unless somebody looks at it or works in it</>;
}

function SlotRun({ runId, run }: { runId: string; run: Run | undefined }) {
  const to: Route = { screen: 'run', id: runId, tab: 'overview' };
  return (
    <p class="slot-run">
      {run && <StatePill run={run} />}
      <a href={pathOf(to)} onClick={followLink(to)}>
        {run ? <Visible text={run.title} /> : runId}
      </a>
    </p>
  );
}

/** Whether a run in a slot only waits for a person, so that the slot may be given to another one. */
function isIdle(run: Run): boolean {
  return run.state === 'preview_ready' || run.state === 'needs_approval' || isProposal(run);
}

/** Gives the slot of a run that waits for a person to the next in line. */
function Replace({ slot, run }: { slot: string; run: Run }) {
  const session = useSession();
  const mayReplace = useMay('approver');
  const [asking, setAsking] = useState(false);
  const replace = useAct('replaceSlot', ({ run: next }) => {
    setAsking(false);
    session.runs.take(next);
    session.cache.touch((door) => door === 'listSlots' || door === 'getRun');
  });
  return (
    <div class="slot-act">
      {!asking && (
        <Button blocked={mayReplace ? undefined : 'Only an approver may take a slot back.'} onClick={() => setAsking(true)}>
          Replace…
        </Button>
      )}
      {asking && (
        <div class="in-place">
          <p>
            Give this slot to the next in line? “<Visible text={run.title} />” expires and its preview ends. Its branch and commits are
            kept; restore it later.
          </p>
          <div class="row">
            <Button kind="danger" busy={replace.busy} onClick={() => replace.run({ params: { id: slot }, body: { runId: run.id } })}>
              {replace.busy ? 'Replacing…' : 'Replace it'}
            </Button>
            <Button kind="quiet" onClick={() => setAsking(false)}>
              Keep it
            </Button>
          </div>
        </div>
      )}
      <ActNote state={replace.state} />
    </div>
  );
}

function SlotCard({ slot }: { slot: Slot }) {
  const { words, tone, meaning } = STATES[slot.state];
  const run = useDoor('getRun', slot.runId ? { params: { id: slot.runId } } : undefined).value?.run;
  const href = safeHref(slot.url);
  const runs = slot.preview === 'healthy' || slot.preview === 'unhealthy';
  return (
    <section class="card" aria-label={slot.id}>
      <h2>
        {slot.id}
        <Pill tone={tone} title={meaning}>
          {words}
        </Pill>
      </h2>
      {slot.state === 'quarantined' && (
        <p class="cb-text-bad">
          <Visible text={slot.reason ?? meaning} />
        </p>
      )}
      {slot.state === 'quarantined' && slot.reason && <p class="hint">{meaning}</p>}
      {slot.runId ? <SlotRun runId={slot.runId} run={run} /> : slot.state === 'free' && <p class="hint">{meaning}</p>}
      <dl class="facts">
        <dt>Address</dt>
        <dd>
          {href && runs ? (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {href}
              <Icon name="external" />
            </a>
          ) : (
            slot.url
          )}
        </dd>
        {slot.preview && slot.state !== 'free' && (
          <>
            <dt>Preview</dt>
            <dd class={PREVIEWS[slot.preview].tone}>{PREVIEWS[slot.preview].words}</dd>
          </>
        )}
        {slot.lease && (
          <>
            <dt>Lease</dt>
            <dd>
              since <TimeAgo at={slot.lease.leasedAt} />, <Expiry at={slot.lease.expiresAt} />
            </dd>
          </>
        )}
      </dl>
      {run && isIdle(run) && <Replace slot={slot.id} run={run} />}
    </section>
  );
}

/** The preview places: who holds each, for how long, and how its preview is. */
export function SlotsScreen() {
  const { value, problem } = useDoor('listSlots', {});
  return (
    <>
      <h1>Slots</h1>
      <p class="lead">
        Each run that is being worked on or reviewed holds one of these places, with a URL, a worktree and preview data of its own.
      </p>
      {!value && <p class="empty">{problem?.message ?? 'Loading the slots…'}</p>}
      <div class="cards">
        {value?.slots.map((slot) => (
          <SlotCard key={slot.id} slot={slot} />
        ))}
      </div>
    </>
  );
}
