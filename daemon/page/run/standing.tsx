import type { Run, Standing } from '#shared/run.ts';
import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { Note } from '#shared/ui/note.tsx';
import { standingWords } from '#shared/ui/standing-words.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { followLink } from '../navigation.ts';
import { ActNote } from '../note.tsx';
import { pathOf, type Route } from '../route.ts';
import { useChildAct } from './act-on-run.ts';

const NAMED = 4;

function Files({ files }: { files: readonly string[] }) {
  return (
    <>
      {files.slice(0, NAMED).map((file, index) => (
        <>
          {index > 0 && ', '}
          <code key={file}>
            <Visible text={file} />
          </code>
        </>
      ))}
      {files.length > NAMED && ` and ${files.length - NAMED} more`}
    </>
  );
}

function Resolve({ run, blocked }: { run: Run; blocked: string | undefined }) {
  const resolve = useChildAct('reviseRun', run);
  return (
    <>
      <Button
        blocked={blocked}
        busy={resolve.busy}
        title="A revision merges today’s main into the change, and Codex resolves the conflicts"
        onClick={() => resolve.run({ params: { id: run.id }, body: { comments: [], resolve: true } })}
      >
        {resolve.busy ? 'Asking…' : 'Resolve conflicts'}
      </Button>
      <ActNote state={resolve.state} />
    </>
  );
}

/** How the run stands with main, and who else is changing its files. Conflicts come with the way out of them. */
export function StandingLine({ run, standing, blocked }: { run: Run; standing: Standing; blocked: string | undefined }) {
  const shares = standing.shares.length > 0 && (
    <ul class="shares">
      {standing.shares.map((share) => {
        const to: Route = { screen: 'run', id: share.runId, tab: 'overview' };
        return (
          <li key={share.runId}>
            Also changed by{' '}
            <a href={pathOf(to)} onClick={followLink(to)}>
              <Visible text={share.title} />
            </a>
            : <Files files={share.files} />
          </li>
        );
      })}
    </ul>
  );
  if (standing.merges === 'conflicts') {
    return (
      <>
        <Note level="warn">
          <p>
            <strong>{standingWords(standing)}</strong>
            {standing.conflicts.length > 0 && (
              <>
                {' '}
                in <Files files={standing.conflicts} />
              </>
            )}
            . It cannot be merged like this; a revision brings today's main in and Codex resolves them.
          </p>
          <Resolve run={run} blocked={blocked} />
        </Note>
        {shares}
      </>
    );
  }
  return (
    <>
      <p class="standing">
        <Icon name="branch" />
        {standingWords(standing)}
      </p>
      {shares}
    </>
  );
}
