import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Draft } from '#shared/run.ts';
import { Button } from '#shared/ui/button.tsx';
import { sendsOnEnter } from '#shared/ui/keyboard.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { followLink } from './navigation.ts';
import { ActNote } from './note.tsx';
import { pathOf, type Route } from './route.ts';
import { useMay, useSession } from './session-context.ts';
import { useAct } from './use-act.ts';

function toRun(id: string): Route {
  return { screen: 'run', id, tab: 'overview' };
}

/** A follow-up that an agent proposed. Only a person makes a request of it, in their own words if they like. */
export function DraftRow({ draft, from }: { draft: Draft; from?: string | undefined }) {
  const session = useSession();
  const mayAsk = useMay('requester');
  const [words, setWords] = useState<string | undefined>();
  const field = useRef<HTMLTextAreaElement>(null);
  const params = { id: draft.runId, position: draft.position };
  const settled = () => session.cache.touch((door, of) => door === 'listDrafts' || (door === 'getRun' && of?.id === draft.runId));
  const send = useAct('sendDraft', ({ run }) => {
    setWords(undefined);
    session.runs.take(run);
    settled();
  });
  const dismiss = useAct('dismissDraft', settled);
  const editing = words !== undefined;
  useLayoutEffect(() => field.current?.focus(), [editing]);
  const ask = () => {
    const prompt = words?.trim() ?? '';
    if (prompt !== '' && !send.busy) send.run({ params, body: prompt === draft.text ? {} : { prompt } });
  };
  return (
    <li class="idea">
      <div class="idea-row">
        <div>
          <p class={draft.state === 'dismissed' ? 'idea-dismissed' : ''}>
            <Visible text={draft.text} />
          </p>
          {from !== undefined && (
            <p class="hint">
              from{' '}
              <a href={pathOf(toRun(draft.runId))} onClick={followLink(toRun(draft.runId))}>
                <Visible text={from} />
              </a>
            </p>
          )}
        </div>
        {draft.state === 'open' && mayAsk && !editing && (
          <div class="row">
            <Button onClick={() => setWords(draft.text)}>Edit &amp; send…</Button>
            <Button kind="quiet" busy={dismiss.busy} onClick={() => dismiss.run({ params, body: {} })}>
              Dismiss
            </Button>
          </div>
        )}
        {draft.state === 'dismissed' && <span class="hint">Dismissed</span>}
        {draft.state === 'sent' &&
          (draft.sentRunId ? (
            <a href={pathOf(toRun(draft.sentRunId))} onClick={followLink(toRun(draft.sentRunId))}>
              Sent
            </a>
          ) : (
            <span class="hint">Sent</span>
          ))}
      </div>
      {editing && (
        <form
          class="in-place"
          onSubmit={(event) => {
            event.preventDefault();
            ask();
          }}
        >
          <textarea
            ref={field}
            rows={3}
            maxLength={32_768}
            aria-label="The request"
            value={words}
            onInput={(event) => setWords(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setWords(undefined);
              if (!sendsOnEnter(event)) return;
              event.preventDefault();
              ask();
            }}
          />
          <div class="row">
            <Button
              type="submit"
              kind="primary"
              busy={send.busy}
              blocked={words.trim() === '' ? 'Say what should change first.' : undefined}
            >
              {send.busy ? 'Sending…' : 'Send'}
            </Button>
            <Button kind="quiet" onClick={() => setWords(undefined)}>
              Back
            </Button>
          </div>
          <ActNote state={send.state} />
        </form>
      )}
      <ActNote state={dismiss.state} />
    </li>
  );
}
