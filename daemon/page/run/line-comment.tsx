import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { sendsOnEnter } from '#shared/ui/keyboard.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { type CommentPlace, placeWords, samePlace, withComment, withoutComment } from '../review-drafts.ts';
import { useSession } from '../session-context.ts';

/** A comment below its line, being written or waiting to be sent. Each key stroke is kept. */
export function LineComment({ runId, place, onDone }: { runId: string; place: CommentPlace; onDone: () => void }) {
  const { reviews } = useSession();
  const draft = useObserved(reviews.of(runId));
  const comment = draft.comments.find((known) => samePlace(known, place));
  const [editing, setEditing] = useState(comment?.text === '');
  const field = useRef<HTMLTextAreaElement>(null);
  // At once, so that no letter typed meanwhile is taken for a shortcut.
  useLayoutEffect(() => field.current?.focus(), [editing]);
  if (!comment) return null;
  const drop = () => {
    reviews.put(runId, withoutComment(draft, place));
    onDone();
  };
  const done = () => {
    if (comment.text.trim() === '') drop();
    else {
      setEditing(false);
      onDone();
    }
  };
  return (
    <div class="line-comment">
      {editing ? (
        <textarea
          ref={field}
          rows={2}
          maxLength={7_000}
          aria-label={`Comment on ${placeWords(place)}`}
          placeholder="What should be different here?"
          value={comment.text}
          onInput={(event) => reviews.put(runId, withComment(draft, { ...comment, text: event.currentTarget.value }))}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' && !sendsOnEnter(event)) return;
            event.preventDefault();
            done();
          }}
        />
      ) : (
        <p class="prose">
          <Visible text={comment.text} />
        </p>
      )}
      <div class="row">
        <Button kind={editing ? 'plain' : 'quiet'} onClick={editing ? done : () => setEditing(true)}>
          {editing ? 'Done' : 'Edit'}
        </Button>
        <Button kind="quiet" onClick={drop}>
          Drop
        </Button>
        {editing && <span class="hint">Kept here until you send the revision.</span>}
      </div>
    </div>
  );
}
