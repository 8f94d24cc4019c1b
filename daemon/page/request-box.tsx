import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { MAC, sendsOnEnter } from '#shared/ui/keyboard.ts';
import { Note } from '#shared/ui/note.tsx';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { type Draft, EMPTY_DRAFT, readDraft, requestOf, writeDraft } from './draft.ts';
import type { Unsent } from './outbox.ts';
import { useMay, useSession } from './session-context.ts';

function NotSent({ entry, onDiscard, connected }: { entry: Unsent; onDiscard: () => void; connected: boolean }) {
  return (
    <li class="unsent">
      <div>
        <strong>{connected && !entry.problem ? 'Sending…' : 'Not sent yet.'}</strong>{' '}
        {entry.problem ? <Visible text={entry.problem} /> : !connected && 'It is sent once, as soon as the daemon is back.'}{' '}
        <span class="hint">
          Asked <TimeAgo at={new Date(entry.at).toISOString()} />
        </span>
        <p class="unsent-prompt">
          <Visible text={entry.request.prompt.replaceAll('\n', ' ')} />
        </p>
      </div>
      <Button kind="quiet" onClick={onDiscard}>
        Discard
      </Button>
    </li>
  );
}

/** Where a change is asked for. The draft survives a reload, a sent request survives a lost connection. */
export function RequestBox({ picked }: { picked: { prompt: string } | undefined }) {
  const session = useSession();
  const status = useObserved(session.status);
  const unsent = useObserved(session.outbox.unsent);
  const returned = useObserved(session.returned);
  const connected = useObserved(session.link.state).is === 'ready';
  const mayAsk = useMay('requester');
  const [draft, setDraft] = useState(() => readDraft());
  const [more, setMore] = useState(draft.priority !== 'normal' || draft.safeMode);
  const allSafe = status?.flags.safeMode === true;
  const box = useRef<HTMLTextAreaElement>(null);
  const composedAt = useRef(0);

  const change = (next: Draft) => {
    setDraft(next);
    writeDraft(next);
  };
  useEffect(() => {
    if (!picked) return;
    change({ ...draft, prompt: picked.prompt });
    box.current?.focus();
  }, [picked]);
  useEffect(() => {
    if (!returned || draft.prompt.trim() !== '') return;
    const { prompt, priority = 'normal', safeMode = false } = returned.request;
    change({ ...draft, prompt, priority, safeMode });
    setMore(priority !== 'normal' || safeMode);
  }, [returned]);
  useEffect(() => {
    const area = box.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight + 2, 360)}px`;
  }, [draft.prompt]);

  const blocked =
    status && !mayAsk
      ? `Your role (${status.you.role}) may not ask for changes.`
      : draft.prompt.trim() === ''
        ? 'Say what should change first.'
        : draft.prompt.length > 32_768
          ? 'Too long: at most 32,768 characters.'
          : undefined;
  const send = () => {
    if (blocked) return;
    const request = requestOf(draft, status?.productionUrl);
    session.returned.set(undefined);
    change({ ...EMPTY_DRAFT, route: draft.route });
    setMore(false);
    void session.outbox.send(request);
  };

  return (
    <section class="request" aria-label="Ask for a change">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <label for="prompt">What should change?</label>
        <textarea
          id="prompt"
          ref={box}
          rows={2}
          value={draft.prompt}
          placeholder="For example: make the empty list say how to add the first entry"
          onInput={(event) => change({ ...draft, prompt: event.currentTarget.value })}
          onCompositionEnd={() => {
            composedAt.current = performance.now();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
            // WebKit ends a composition before the key press that ended it.
            if (!sendsOnEnter(event) || performance.now() - composedAt.current < 100) return;
            event.preventDefault();
            send();
          }}
        />
        <div class="request-row">
          <label class="inline request-page">
            <span>Page</span>
            <input
              value={draft.route}
              placeholder="/ (optional)"
              aria-label="Page route, optional"
              onInput={(event) => change({ ...draft, route: event.currentTarget.value })}
              spellcheck={false}
              autocapitalize="off"
            />
          </label>
          <button
            type="button"
            class="cb-quiet request-more"
            aria-expanded={more}
            aria-controls="request-more"
            onClick={() => setMore(!more)}
          >
            {more ? 'Less' : 'More'}
          </button>
          <span class="request-hint">
            <kbd>{MAC ? '⌘' : 'Ctrl'}</kbd> <kbd>Enter</kbd> sends
          </span>
          <Button type="submit" kind="primary" blocked={blocked}>
            Send
          </Button>
        </div>
        <div class="request-row" id="request-more" hidden={!more}>
          <label class="inline">
            <span>Priority</span>
            <select
              value={draft.priority}
              onChange={(event) => change({ ...draft, priority: event.currentTarget.value as Draft['priority'] })}
            >
              <option value="low">Low</option>
              <option value="normal">Normal</option>
              <option value="high">High</option>
            </select>
          </label>
          <label class="inline">
            <input
              type="checkbox"
              checked={draft.safeMode || allSafe}
              disabled={allSafe}
              onChange={(event) => change({ ...draft, safeMode: event.currentTarget.checked })}
            />
            <span>
              {allSafe
                ? 'Safe mode, switched on for every request'
                : 'Safe mode: Codex only proposes a patch; you say whether it is applied'}
            </span>
          </label>
        </div>
      </form>
      {status && !mayAsk && <p class="hint request-role">Your role ({status.you.role}) may look at runs, not ask for changes.</p>}
      {returned && (
        <Note level="error">
          <p>
            The request was not accepted. <Visible text={returned.message} />
          </p>
        </Note>
      )}
      {unsent.length > 0 && (
        <ul class="unsent-list">
          {unsent.map((entry) => (
            <NotSent key={entry.key} entry={entry} connected={connected} onDiscard={() => session.outbox.discard(entry.key)} />
          ))}
        </ul>
      )}
    </section>
  );
}
