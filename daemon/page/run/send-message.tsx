import { useState } from 'preact/hooks';
import type { RunDetail } from '#shared/api.ts';
import type { Message, RunEvent } from '#shared/run.ts';
import { Button } from '#shared/ui/button.tsx';
import { sendBlock } from '#shared/ui/may-follow.ts';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { VisibleBlock } from '#shared/ui/visible.tsx';
import { browserStorage, type Kept, readJson } from '../kept.ts';
import { ActNote } from '../note.tsx';
import { useDoor } from '../session-context.ts';
import { useFacts, useRunAct } from './act-on-run.ts';

const PLACE = 'codex-builder.message';

/** What was being written to the agent of this run when the page was left. */
function keptWords(runId: string, kept: Kept = browserStorage): string {
  const found = readJson(kept, PLACE) as { runId?: unknown; text?: unknown } | undefined;
  return found?.runId === runId && typeof found.text === 'string' ? found.text : '';
}

/** What was said to the agent, from the facts of its run: a message is delivered with the turn that began after it. */
export function messagesOf(events: readonly Pick<RunEvent, 'type' | 'payload' | 'actor' | 'at'>[]): Message[] {
  const messages: Message[] = [];
  for (const { type, payload, actor, at } of events) {
    const { text, attempt } = payload;
    if (type === 'message.sent' && typeof text === 'string') messages.push({ text, actor, at });
    if (type !== 'attempt.started' || typeof attempt !== 'number') continue;
    for (const message of messages) message.attempt ??= attempt;
  }
  return messages;
}

/** What people said to the agent, each with what has become of it. */
export function Messages({ runId }: { runId: string }) {
  const { value } = useDoor('getRunEvents', { params: { id: runId } });
  const messages = messagesOf(value?.events ?? []);
  if (messages.length === 0) return null;
  return (
    <ul class="messages" aria-label="Said to Codex">
      {messages.map((message) => (
        <li key={message.at + message.text}>
          <p class="prose">
            <VisibleBlock text={message.text} />
          </p>
          <p class="hint">
            {message.actor}, <TimeAgo at={message.at} />,{' '}
            {message.attempt === undefined ? 'waits for the turn to end' : `delivered as turn ${message.attempt}`}
          </p>
        </li>
      ))}
    </ul>
  );
}

/** One line to the agent while it works. It does not interrupt: it is the thread's next turn. */
export function SendMessage({ detail }: { detail: RunDetail }) {
  const { run } = detail;
  const [text, setText] = useState(() => keptWords(run.id));
  const change = (next: string) => {
    setText(next);
    browserStorage.write(PLACE, JSON.stringify({ runId: run.id, text: next }));
  };
  const send = useRunAct('sendMessage', run, () => change(''));
  const blocked = sendBlock(useFacts(detail));
  if (run.state !== 'editing') return null;
  return (
    <form
      class="say"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === undefined && text.trim() !== '' && !send.busy) send.run({ params: { id: run.id }, body: { text: text.trim() } });
      }}
    >
      <div class="say-row">
        <input
          value={text}
          maxLength={16_000}
          aria-label="Say something to Codex"
          aria-describedby="say-hint"
          placeholder="Say something to Codex"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
          id="say"
        />
        <Button type="submit" busy={send.busy} blocked={blocked ?? (text.trim() === '' ? 'Write something first.' : undefined)}>
          {send.busy ? 'Sending…' : 'Send'}
        </Button>
      </div>
      <p id="say-hint" class="hint">
        {blocked ?? 'It does not interrupt: it is delivered as the next turn, when this one ends.'}
      </p>
      <ActNote state={send.state} />
    </form>
  );
}
