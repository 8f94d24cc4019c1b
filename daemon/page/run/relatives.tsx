import type { RunDetail } from '#shared/api.ts';
import type { ReviewComments, Run } from '#shared/run.ts';
import { relationWords } from '#shared/ui/relation-words.ts';
import { StatePill } from '#shared/ui/state-pill.tsx';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible, VisibleBlock } from '#shared/ui/visible.tsx';
import { Card } from '../card.tsx';
import { followLink } from '../navigation.ts';
import { pathOf, type Route } from '../route.ts';
import { useDoor, useSession } from '../session-context.ts';
import { CommentWords } from './revise-form.tsx';

function toRun(id: string): Route {
  return { screen: 'run', id, tab: 'overview' };
}

/** The run that this one came from, by its title. */
export function ParentLink({ run }: { run: Run }) {
  const parent = useDoor('getRun', run.parentRunId ? { params: { id: run.parentRunId } } : undefined).value?.run;
  if (!run.parentRunId) return null;
  return (
    <span class="parent">
      {relationWords(run.relation).of}{' '}
      <a href={pathOf(toRun(run.parentRunId))} onClick={followLink(toRun(run.parentRunId))}>
        {parent ? <Visible text={parent.title} /> : 'an earlier run'}
      </a>
    </span>
  );
}

/** Runs that came from this one, the youngest first, each as it stands now. */
export function Children({ runs }: { runs: readonly Run[] }) {
  const session = useSession();
  useObserved(session.runs.view);
  if (runs.length === 0) return null;
  return (
    <ul class="children" aria-label="Runs that came from this one">
      {runs.toReversed().map((child) => {
        const now = session.runs.known(child.id);
        const shown = now && now.version > child.version ? now : child;
        return (
          <li key={child.id}>
            <span class="hint">{relationWords(child.relation).name}</span>
            <StatePill run={shown} />
            <a href={pathOf(toRun(child.id))} onClick={followLink(toRun(child.id))}>
              <Visible text={shown.title} />
            </a>
            <span class="hint">
              <TimeAgo at={child.createdAt} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** A comment and the line it quotes, as `revisionOf` puts them together. */
export function splitQuote(text: string): { quote: string; words: string } {
  const [, words = text, quote = ''] = /^([\s\S]*)\n> (.*)$/.exec(text) ?? [];
  return { quote, words };
}

/** What a reviewer of the parent wanted changed: the request of a revision. */
export function AskedFor({ comments, run }: { comments: ReviewComments; run: RunDetail['run'] }) {
  if (comments.comments.length === 0 && !comments.text) return null;
  return (
    <Card title={run.relation === 'revision' ? 'What this revision was asked to change' : 'What was asked to be changed'}>
      {comments.text && (
        <p class="prose">
          <VisibleBlock text={comments.text} />
        </p>
      )}
      {comments.comments.length > 0 && (
        <ul class="review-comments">
          {comments.comments.map((comment, index) => {
            const { quote, words } = splitQuote(comment.text);
            return (
              <li key={index}>
                <div>
                  {comment.file && (
                    <code class="comment-place">
                      <Visible text={comment.line ? `${comment.file}:${comment.line}` : comment.file} />
                    </code>
                  )}
                  <CommentWords quote={quote}>
                    <VisibleBlock text={words} />
                  </CommentWords>
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
