import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Run } from '#shared/run.ts';
import { Button } from '#shared/ui/button.tsx';
import { sendsOnEnter } from '#shared/ui/keyboard.ts';
import { isProposal, isTerminal } from '#shared/ui/run-groups.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { ActNote } from '../note.tsx';
import { EMPTY_REVIEW, placeWords, revisionOf, withoutComment, written } from '../review-drafts.ts';
import { useSession } from '../session-context.ts';
import { useChildAct } from './act-on-run.ts';

/** Opens the form; says how many comments wait in it. */
export function ReviseButton({
  runId,
  blocked,
  open,
  onToggle,
  children = 'Request Revision',
  kind = 'plain',
}: {
  runId: string;
  blocked: string | undefined;
  open: boolean;
  onToggle: () => void;
  children?: string;
  kind?: 'plain' | 'primary';
}) {
  const count = written(useObserved(useSession().reviews.of(runId))).length;
  return (
    <Button blocked={blocked} kind={kind} expanded={open} title={`${children} (E)`} onClick={onToggle}>
      {children}…
      {count > 0 && (
        <span class="cb-count">
          {count}
          <span class="cb-hidden"> {count === 1 ? 'comment' : 'comments'}</span>
        </span>
      )}
    </Button>
  );
}

function whatHappens(run: Run): string {
  if (isProposal(run))
    return 'Codex goes on in the same thread and proposes another patch. This run ends as “Revised”; its slot goes to the new one.';
  if (isTerminal(run.state)) return 'A new run goes on from this commit, in the same Codex thread.';
  return 'Codex goes on from this commit, in the same thread. This run ends as “Revised”; its slot goes to the revision.';
}

/** What should be different: the comments on lines and words for the whole, sent together. */
export function ReviseForm({ run, onClose }: { run: Run; onClose: () => void }) {
  const { reviews } = useSession();
  const draft = useObserved(reviews.of(run.id));
  const field = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const revise = useChildAct('reviseRun', run, () => {
    reviews.put(run.id, EMPTY_REVIEW);
    onClose();
  });
  useLayoutEffect(() => {
    field.current?.focus({ preventScroll: true });
    form.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const comments = written(draft);
  const blocked =
    comments.length === 0 && draft.text.trim() === '' ? 'Say what should be different, or comment on a line of the diff.' : undefined;
  const send = () => {
    if (blocked === undefined && !revise.busy) revise.run({ params: { id: run.id }, body: revisionOf(draft, run.headCommit) });
  };
  return (
    <form
      class="in-place"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {comments.length > 0 && (
        <ul class="review-comments" aria-label="Comments to send">
          {comments.map((comment) => (
            <li key={placeWords(comment)}>
              <div>
                <code class="comment-place">
                  <Visible text={placeWords(comment)} />
                </code>
                {comment.head !== run.headCommit && !isProposal(run) && <span class="hint"> on an earlier version</span>}
                <CommentWords quote={comment.quote}>
                  <Visible text={comment.text} />
                </CommentWords>
              </div>
              <Button
                kind="quiet"
                title={`Drop the comment on ${placeWords(comment)}`}
                onClick={() => reviews.put(run.id, withoutComment(draft, comment))}
              >
                Drop
              </Button>
            </li>
          ))}
        </ul>
      )}
      <label for="revise-text">What should be different?</label>
      <textarea
        id="revise-text"
        ref={field}
        rows={3}
        maxLength={16_000}
        value={draft.text}
        onInput={(event) => reviews.put(run.id, { ...draft, text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose();
          if (!sendsOnEnter(event)) return;
          event.preventDefault();
          send();
        }}
      />
      <p class="hint">{whatHappens(run)}</p>
      <div class="row">
        <Button type="submit" kind="primary" busy={revise.busy} blocked={blocked}>
          {revise.busy
            ? 'Sending…'
            : comments.length === 0
              ? 'Send'
              : `Send ${comments.length} ${comments.length === 1 ? 'comment' : 'comments'}`}
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Back
        </Button>
        {blocked && <span class="hint">{blocked}</span>}
      </div>
      <ActNote state={revise.state} />
    </form>
  );
}

/** A comment below the line that it is about. */
export function CommentWords({ quote, children }: { quote: string; children: ComponentChildren }) {
  return (
    <>
      {quote !== '' && (
        <pre class="comment-quote">
          <Visible text={quote} />
        </pre>
      )}
      <p class="prose">{children}</p>
    </>
  );
}
