import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Run } from '#shared/run.ts';
import { Button } from '#shared/ui/button.tsx';
import { sendsOnEnter } from '#shared/ui/keyboard.ts';
import { reviseWords } from '#shared/ui/revise-words.ts';

/** Words for the whole change; comments on single lines are made on the run's page, where the lines are. */
export function ReviseForm({
  run,
  busy,
  onSend,
  onClose,
}: {
  run: Run;
  busy: boolean;
  onSend: (text: string) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const send = () => {
    if (text.trim() !== '') onSend(text.trim());
  };
  return (
    <form
      class="in-place"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label for="revise-text">What should be different?</label>
      <textarea
        id="revise-text"
        ref={field}
        rows={3}
        maxLength={16_000}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.preventDefault();
            onClose();
          }
          if (!sendsOnEnter(event)) return;
          event.preventDefault();
          send();
        }}
      />
      <p class="hint">{reviseWords(run)}</p>
      <div class="row">
        <Button type="submit" kind="primary" busy={busy} blocked={text.trim() === '' ? 'Say what should be different.' : undefined}>
          {busy ? 'Sending…' : 'Send'}
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Back
        </Button>
      </div>
    </form>
  );
}
