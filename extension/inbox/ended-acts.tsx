import { useRef } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { Revert } from '#shared/ui/end-forms.tsx';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { common } from '#shared/ui/may-decide.ts';
import { archiveBlock, restoreBlock, retryBlock, revertBlock, reviseBlock, type WayOn, waysOn } from '#shared/ui/may-follow.ts';
import { rollbackBlock } from '#shared/ui/rollback-words.ts';
import { ActNote } from './act-note.tsx';
import type { ActsProps } from './panel-props.ts';
import { ReviseForm } from './revise-form.tsx';
import { RollBack } from './roll-back.tsx';
import { useDoor } from './use-door.ts';

const WAYS: Readonly<Record<WayOn, { words: string; key: string; title: string }>> = {
  resolve: {
    words: 'Resolve conflicts',
    key: 'c',
    title: 'A revision merges today’s main into the change, and Codex resolves the conflicts',
  },
  revise: { words: 'Revise…', key: 'v', title: 'Asks for a revision' },
  retry: { words: 'Retry', key: 't', title: 'Asks for the same again, from today’s main' },
  restore: { words: 'Restore', key: 'b', title: 'Tests and previews its commit again, without an agent' },
  revert: { words: 'Revert…', key: 'z', title: 'Undoes this change by a run of its own' },
};

/** The ways on from an ended run: again, in other words, back in a slot, out of main, out of production, put away. */
export function EndedActs({ inbox, daemonId, detail, facts, act, form, onForm, onRun }: ActsProps) {
  const { run, children } = detail;
  const place = useRef<HTMLDivElement>(null);
  const close = () => onForm(undefined);
  const toggle = (wanted: typeof form) => onForm(form === wanted ? undefined : wanted);
  const isMerged = run.state === 'merged' && run.releaseId !== undefined;
  const releases = useDoor(inbox, daemonId, 'listReleases', isMerged ? { query: { limit: 100 } } : undefined, run.version).value?.releases;
  const live = releases?.find(({ state }) => state === 'live');
  const before = live?.id === run.releaseId ? releases?.find(({ id }) => id === live?.previousId) : undefined;
  const noRollBack = before && (common(facts, 'approver', 'roll back') ?? rollbackBlock(before, releases!));

  const noRevise = reviseBlock(facts);
  const blocks: Record<WayOn, string | undefined> = {
    resolve: noRevise,
    revise: noRevise,
    retry: retryBlock(facts),
    restore: restoreBlock(facts),
    revert: revertBlock(facts),
  };
  const go: Record<WayOn, () => void> = {
    resolve: () => act.run({ act: 'reviseRun', runId: run.id, body: { comments: [], resolve: true }, done: onRun }),
    revise: () => toggle('revise'),
    retry: () => act.run({ act: 'retryRun', runId: run.id, body: {}, done: onRun }),
    restore: () => act.run({ act: 'restoreRun', runId: run.id, body: {}, done: onRun }),
    revert: () => toggle('revert'),
  };
  const ways = waysOn(run, children);
  const focusOn = (way: WayOn) => place.current?.querySelector<HTMLElement>(`[data-way="${way}"] button`)?.focus();
  useShortcuts([
    ...ways.map((way) => ({
      key: WAYS[way].key,
      words: WAYS[way].words.replace('…', ''),
      run: () => {
        if (way !== 'revise' && way !== 'revert') focusOn(way);
        else if (blocks[way] === undefined) go[way]();
      },
    })),
  ]);
  const noArchive = archiveBlock(facts);
  const isArchived = run.archivedAt !== undefined;
  const busy = act.state.is === 'sending' || act.state.is === 'unsent';

  return (
    <>
      {form === 'revise' && !noRevise && (
        <ReviseForm
          run={run}
          busy={act.isBusy('reviseRun')}
          onClose={close}
          onSend={(text) => act.run({ act: 'reviseRun', runId: run.id, body: { comments: [], text }, done: onRun })}
        />
      )}
      {form === 'revert' && !blocks.revert && (
        <Revert
          title={run.title}
          busy={act.isBusy('revertRun')}
          onClose={close}
          onRevert={() => act.run({ act: 'revertRun', runId: run.id, body: {}, done: onRun })}
        />
      )}
      {form === 'roll_back' && live && before && <RollBack inbox={inbox} daemonId={daemonId} from={live} to={before} onClose={close} />}
      <ActNote state={act.state} />
      <div class="actions" ref={place}>
        {ways.map((way, index) => (
          <span key={way} data-way={way}>
            <Button
              kind={index === 0 && way !== 'revert' && children.length === 0 && !blocks[way] ? 'primary' : 'plain'}
              blocked={blocks[way]}
              busy={busy && way !== 'revise' && way !== 'revert'}
              title={`${WAYS[way].title} (${WAYS[way].key.toUpperCase()})`}
              onClick={go[way]}
            >
              {WAYS[way].words}
            </Button>
          </span>
        ))}
        {before && (
          <Button blocked={noRollBack} onClick={() => toggle('roll_back')} title="Makes the release before it live again, at once">
            Roll back…
          </Button>
        )}
        <Button
          kind="quiet"
          blocked={noArchive}
          busy={act.isBusy('archiveRun')}
          title={isArchived ? 'Shows it in the list again (E)' : 'Takes it out of the list; nothing of it is lost (E)'}
          onClick={() => act.run({ act: 'archiveRun', runId: run.id, body: { archived: !isArchived }, done: close })}
        >
          {isArchived ? 'Take out of the archive' : 'Archive'}
        </Button>
      </div>
    </>
  );
}
