import { useRef } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { Revert } from '#shared/ui/end-forms.tsx';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { archiveBlock, restoreBlock, retryBlock, revertBlock, reviseBlock, type WayOn, waysOn } from '#shared/ui/may-follow.ts';
import { addToDraft } from '../draft.ts';
import { followLink, goTo } from '../navigation.ts';
import { ActNote } from '../note.tsx';
import { pathOf, type Route } from '../route.ts';
import { useChildAct, useRunAct } from './act-on-run.ts';
import type { DecisionProps } from './decision-props.ts';
import { ReviseButton, ReviseForm } from './revise-form.tsx';

/** The ways on from an ended run: the same again, other words, its commit back in a slot, its change back out of main. */
export function AfterEnd({ detail, facts, form, onForm }: DecisionProps) {
  const { run, children } = detail;
  const place = useRef<HTMLDivElement>(null);
  const close = () => onForm(undefined);
  const toggle = (wanted: typeof form) => onForm(form === wanted ? undefined : wanted);
  const retry = useChildAct('retryRun', run);
  const restore = useChildAct('restoreRun', run);
  const revert = useChildAct('revertRun', run, close);
  const resolve = useChildAct('reviseRun', run);
  const archive = useRunAct('archiveRun', run);

  const ways = waysOn(run, children);
  const noRevise = reviseBlock(facts);
  const blocks: Record<WayOn, string | undefined> = {
    resolve: noRevise,
    revise: noRevise,
    retry: retryBlock(facts),
    restore: restoreBlock(facts),
    revert: revertBlock(facts),
  };
  // One way is suggested, until somebody has gone one.
  const kindOf = (way: WayOn) => (way === ways[0] && way !== 'revert' && children.length === 0 && !blocks[way] ? 'primary' : 'plain');
  const params = { id: run.id };
  const buttons: Record<WayOn, () => preact.JSX.Element> = {
    resolve: () => (
      <Button
        kind={kindOf('resolve')}
        blocked={blocks.resolve}
        busy={resolve.busy}
        title="A revision merges today’s main into the change, and Codex resolves the conflicts"
        onClick={() => resolve.run({ params, body: { comments: [], resolve: true } })}
      >
        {resolve.busy ? 'Asking…' : 'Resolve conflicts'}
      </Button>
    ),
    revise: () => (
      <ReviseButton runId={run.id} kind={kindOf('revise')} blocked={noRevise} open={form === 'revise'} onToggle={() => toggle('revise')} />
    ),
    retry: () => (
      <Button
        kind={kindOf('retry')}
        blocked={blocks.retry}
        busy={retry.busy}
        title="Asks for the same again, from today’s main (T)"
        onClick={() => retry.run({ params, body: {} })}
      >
        {retry.busy ? 'Asking…' : 'Retry'}
      </Button>
    ),
    restore: () => (
      <Button
        kind={kindOf('restore')}
        blocked={blocks.restore}
        busy={restore.busy}
        title="Tests and previews its commit again, without an agent (B)"
        onClick={() => restore.run({ params, body: {} })}
      >
        {restore.busy ? 'Restoring…' : 'Restore'}
      </Button>
    ),
    revert: () => (
      <Button blocked={blocks.revert} title="Revert (Z)" onClick={() => toggle('revert')}>
        Revert…
      </Button>
    ),
  };
  const focusOn = (way: WayOn) => place.current?.querySelector<HTMLElement>(`[data-way="${way}"] button`)?.focus();
  useShortcuts([
    { key: 'e', words: 'Request a revision', run: () => ways.includes('revise') && noRevise === undefined && onForm('revise') },
    { key: 't', words: 'Go to Retry', run: () => focusOn('retry') },
    { key: 'b', words: 'Go to Restore', run: () => focusOn('restore') },
    { key: 'z', words: 'Revert', run: () => ways.includes('revert') && blocks.revert === undefined && onForm('revert') },
    { key: 'y', words: 'Go to Archive', run: () => place.current?.querySelector<HTMLElement>('[data-archive] button')?.focus() },
  ]);
  const releases: Route = { screen: 'releases' };
  const noArchive = archiveBlock(facts);

  return (
    <section class="decision" aria-label="What next">
      <div class="actions" ref={place}>
        {ways.map((way) => (
          <span key={way} data-way={way}>
            {buttons[way]()}
          </span>
        ))}
        {run.state === 'merged' ? (
          <a class="button button-plain" href={pathOf(releases)} onClick={followLink(releases)}>
            Releases and rollback
          </a>
        ) : (
          <Button
            kind="quiet"
            title="Puts the words of this request into the request box"
            onClick={() => {
              addToDraft(run.prompt, run.route);
              goTo({ screen: 'runs' });
            }}
          >
            Ask in other words…
          </Button>
        )}
        <span data-archive>
          <Button
            kind="quiet"
            blocked={noArchive}
            busy={archive.busy}
            title={run.archivedAt ? 'Shows it in the list again (Y)' : 'Takes it out of the list; nothing of it is lost (Y)'}
            onClick={() => archive.run({ params, body: { archived: run.archivedAt === undefined } })}
          >
            {run.archivedAt ? 'Take out of the archive' : 'Archive'}
          </Button>
        </span>
      </div>
      {form === 'revise' && noRevise === undefined && <ReviseForm run={run} onClose={close} />}
      {form === 'revert' && blocks.revert === undefined && (
        <Revert title={run.title} busy={revert.busy} onClose={close} onRevert={() => revert.run({ params, body: {} })} />
      )}
      {[retry, restore, revert, resolve, archive].map((act, index) => (
        <ActNote key={index} state={act.state} />
      ))}
    </section>
  );
}
