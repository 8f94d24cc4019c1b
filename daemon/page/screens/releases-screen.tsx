import { useState } from 'preact/hooks';
import type { Release } from '#shared/release.ts';
import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { rollbackBlock, rollbackWords } from '#shared/ui/rollback-words.ts';
import { safeHref } from '#shared/ui/safe-href.ts';
import { Pill } from '#shared/ui/state-pill.tsx';
import type { Tone } from '#shared/ui/state-words.ts';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { MainDecision } from '../main-decision.tsx';
import { followLink } from '../navigation.ts';
import { ActNote } from '../note.tsx';
import { ReleaseLogs } from '../release-logs.tsx';
import { ReleaseProcess, ReleaseWatch } from '../release-watch.tsx';
import { pathOf, type Route } from '../route.ts';
import { useDoor, useMay, useSession } from '../session-context.ts';
import { useAct } from '../use-act.ts';

const STATES: Record<Release['state'], { words: string; tone: Tone }> = {
  preparing: { words: 'Preparing', tone: 'working' },
  live: { words: 'Live', tone: 'good' },
  replaced: { words: 'Replaced', tone: 'muted' },
  failed: { words: 'Failed', tone: 'bad' },
};

const KINDS: Record<Release['kind'], string> = {
  first: 'first release',
  run: 'from a run',
  upstream: 'from your repository',
  rollback: 'rollback',
};

function Confirm({ from, to, onClose, onDone }: { from: Release | undefined; to: Release; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const act = useAct('rollback', onDone);
  const force = act.state.is === 'refused' && act.state.refusal.code === 'rollback_impossible';
  const roll = (forced: boolean) =>
    act.run({ params: { id: to.id }, body: { ...(reason.trim() !== '' && { reason: reason.trim() }), ...(forced && { force: true }) } });
  return (
    <div class="in-place">
      <ul class="points">
        {rollbackWords(from, to).map((sentence) => (
          <li key={sentence}>
            <Visible text={sentence} />
          </li>
        ))}
      </ul>
      <label for="rollback-reason">Why? (optional, kept in the record)</label>
      <input id="rollback-reason" value={reason} maxLength={4000} onInput={(event) => setReason(event.currentTarget.value)} />
      <div class="row">
        <Button kind="danger" busy={act.busy} onClick={() => roll(false)}>
          {act.busy ? 'Rolling back…' : 'Roll back now'}
        </Button>
        {force && (
          <Button kind="danger" onClick={() => roll(true)}>
            Roll back all the same
          </Button>
        )}
        <Button kind="quiet" onClick={onClose}>
          Leave it as it is
        </Button>
      </div>
      <ActNote state={act.state} />
    </div>
  );
}

function ReleaseRow({
  release,
  releases,
  open,
  onOpen,
}: {
  release: Release;
  releases: readonly Release[];
  open: boolean;
  onOpen: (open: boolean) => void;
}) {
  const session = useSession();
  const connected = useObserved(session.link.state).is === 'ready';
  const mayRollBack = useMay('approver');
  const live = releases.find((other) => other.state === 'live');
  const isWorse = release.state === 'live' && release.watch?.state === 'worse';
  // From a live release that does badly the way back is to the one before it.
  const target = isWorse ? releases.find(({ id }) => id === release.previousId) : release.state === 'replaced' ? release : undefined;
  const block = !connected
    ? 'Not connected to the daemon.'
    : !mayRollBack
      ? 'Your role may not roll back; it takes approver.'
      : rollbackBlock(target ?? release, releases);
  const { words, tone } = isWorse ? { words: 'Live', tone: 'bad' as const } : STATES[release.state];
  const run: Route | undefined = release.runId ? { screen: 'run', id: release.runId, tab: 'overview' } : undefined;
  const refusedBecause = target !== undefined && !target.rollback.possible ? block : undefined;
  return (
    <li class={`release release-${release.state}`}>
      <div class="release-row">
        <Pill tone={tone}>{words}</Pill>
        <div class="release-main">
          <h2>
            {run ? (
              <a href={pathOf(run)} onClick={followLink(run)}>
                <Visible text={release.title} />
              </a>
            ) : (
              <Visible text={release.title} />
            )}
          </h2>
          <p class="cb-run-facts">
            <code title={release.commit}>{release.commit.slice(0, 8)}</code>
            <span>{KINDS[release.kind]}</span>
            <span>{release.actor}</span>
            <TimeAgo at={release.healthyAt ?? release.createdAt} />
            {release.warm && release.state !== 'live' && <span title="Still running: going back to it takes about a second">warm</span>}
            {release.migrationMarker && <span>migration {release.migrationMarker}</span>}
          </p>
          {release.reason && (
            <p class={release.state === 'failed' ? 'cb-text-bad' : 'hint'}>
              <Visible text={release.reason} />
            </p>
          )}
          {release.state === 'preparing' && (
            <p class="hint" role="status">
              {release.kind === 'rollback' ? 'Rolling back: ' : ''}being built, started and checked. Production serves the live release
              until this one is healthy.
            </p>
          )}
          <ReleaseProcess release={release} />
          <ReleaseWatch release={release} />
          <ReleaseLogs release={release} />
          {refusedBecause && (
            <p class="hint">
              <Visible text={refusedBecause} />
            </p>
          )}
        </div>
        {target && (
          <Button kind={isWorse ? 'danger' : 'plain'} blocked={block} onClick={() => onOpen(!open)}>
            <Icon name="undo" />
            {isWorse ? 'Roll back…' : 'Roll back to this…'}
          </Button>
        )}
      </div>
      {open && target && block === undefined && (
        <Confirm from={live} to={target} onClose={() => onOpen(false)} onDone={() => onOpen(false)} />
      )}
    </li>
  );
}

/** What production has been, newest first, and the way back. */
export function ReleasesScreen() {
  const { value, problem } = useDoor('listReleases', { query: { limit: 100 } });
  const status = useObserved(useSession().status);
  const [open, setOpen] = useState<string | undefined>();
  const production = safeHref(status?.productionUrl);
  return (
    <>
      <h1>Releases</h1>
      {production && (
        <p class="lead">
          Production is at{' '}
          <a href={production} target="_blank" rel="noopener noreferrer">
            {production}
            <Icon name="external" />
          </a>
        </p>
      )}
      <MainDecision />
      {!value && <p class="empty">{problem?.message ?? 'Loading the releases…'}</p>}
      {value?.releases.length === 0 && <p class="empty">Nothing has been released yet.</p>}
      <ol class="releases">
        {value?.releases.map((release) => (
          <ReleaseRow
            key={release.id}
            release={release}
            releases={value.releases}
            open={open === release.id}
            onOpen={(wanted) => setOpen(wanted ? release.id : undefined)}
          />
        ))}
      </ol>
    </>
  );
}
