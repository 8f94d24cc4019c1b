import type { Status } from '#shared/api.ts';
import { Button } from '#shared/ui/button.tsx';
import { Note } from '#shared/ui/note.tsx';
import { DemoLabel } from '#shared/ui/state-pill.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import { WordsNote } from '../../inbox/words-note.tsx';
import type { DaemonView } from '../../messages.ts';

/** What a new pairing mends rather than waiting. */
const NEEDS_CODE: ReadonlySet<DaemonView['link']> = new Set(['unpaired', 'revoked', 'forbidden']);

/** How daemons stand that cannot be asked, and what those that can have to say. */
export function DaemonNotes({ daemons, status }: { daemons: readonly DaemonView[]; status: Readonly<Record<string, Status>> }) {
  return (
    <>
      {daemons.map((daemon) => {
        const { id, link, words, app, address } = daemon;
        if (link === 'ready') return <Banners key={id} status={status[id]} app={daemons.length > 1 ? (app ?? address) : undefined} />;
        if (!words || link === 'connecting') {
          return (
            <p key={id} class="hint connecting" role="status">
              Asking {app ?? address}…
            </p>
          );
        }
        return (
          <WordsNote
            key={id}
            words={{ ...words, title: daemons.length > 1 ? `${app ?? address}: ${words.title}` : words.title }}
            level="warn"
          >
            {NEEDS_CODE.has(link) ? (
              <Button onClick={() => void ask('open_options', {})}>Pair again…</Button>
            ) : (
              <Button onClick={() => void ask('retry', { daemonId: id })}>Try now</Button>
            )}
          </WordsNote>
        );
      })}
    </>
  );
}

function Banners({ status, app }: { status: Status | undefined; app: string | undefined }) {
  if (!status) return null;
  return (
    <>
      {status.agent.demo && (
        <p class="hint demo">
          <DemoLabel /> A built-in script plays the model.
        </p>
      )}
      {status.banners
        .filter(({ level }) => level !== 'info')
        .map(({ level, text }) => (
          <Note key={text} level={level}>
            <p class="banner" title={text}>
              {app !== undefined && <strong>{app}: </strong>}
              <Visible text={text} />
            </p>
          </Note>
        ))}
    </>
  );
}
