import { useEffect, useState } from 'preact/hooks';
import type { Run } from '#shared/run.ts';
import { Button } from '#shared/ui/button.tsx';
import { Note } from '#shared/ui/note.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import { movedFiles } from '../diff-lines.ts';
import { useDoor } from '../session-context.ts';

/** The head a person was shown first, and what is different when it has moved on since. */
export function useMoved(run: Run) {
  const diff = useDoor('getDiff', run.headCommit ? { params: { id: run.id } } : undefined).value;
  const [seen, setSeen] = useState<{ head: string; diff?: typeof diff } | undefined>();
  useEffect(() => {
    if (!run.headCommit || !diff || diff.head !== run.headCommit) return;
    if (!seen || (seen.head === run.headCommit && !seen.diff)) setSeen({ head: run.headCommit, diff });
  }, [run.headCommit, diff]);
  const moved = seen !== undefined && run.headCommit !== undefined && seen.head !== run.headCommit;
  return {
    from: moved ? seen.head : undefined,
    files: moved && seen.diff && diff && diff.head === run.headCommit ? movedFiles(seen.diff.files, diff.files) : undefined,
    accept: () => run.headCommit && setSeen({ head: run.headCommit, diff }),
  };
}

/** Says that another commit stands here than the one that was opened, and which files differ. */
export function MovedNote({
  run,
  from,
  files,
  onSeen,
}: {
  run: Run;
  from: string;
  files: readonly string[] | undefined;
  onSeen: () => void;
}) {
  return (
    <Note level="warn">
      <p>
        <strong>The change has moved on</strong> from <code>{from.slice(0, 8)}</code> to <code>{run.headCommit?.slice(0, 8)}</code> since
        you opened it. {files === undefined ? 'Reading what changed…' : files.length === 0 ? 'No file differs.' : 'Different now:'}
      </p>
      {files !== undefined && files.length > 0 && (
        <ul class="paths">
          {files.map((path) => (
            <li key={path}>
              <code>
                <Visible text={path} />
              </code>
            </li>
          ))}
        </ul>
      )}
      <Button onClick={onSeen}>I have seen it</Button>
    </Note>
  );
}
