import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RunDetail } from '#shared/api.ts';
import type { CommandRecord } from '#shared/review.ts';
import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { duration } from '#shared/ui/relative-time.ts';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { Visible, VisibleBlock } from '#shared/ui/visible.tsx';
import { openAnsi } from '../ansi.ts';
import { ScrollRegion } from '../scroll-region.tsx';
import { useDoor, useSession } from '../session-context.ts';
import { agentLog } from './agent-log.ts';
import { LogLines } from './log-lines.tsx';

const PAGE = 200;
const REFRESH_MS = 1_500;

function outcome(command: CommandRecord): { words: string; tone: string } {
  if (command.refused !== undefined) return { words: 'refused', tone: 'cb-text-bad' };
  if (command.exitCode === undefined)
    return command.durationMs === undefined ? { words: 'running', tone: 'cb-text-working' } : { words: 'ended', tone: '' };
  return command.exitCode === 0 ? { words: 'exit 0', tone: 'cb-text-good' } : { words: `exit ${command.exitCode}`, tone: 'cb-text-bad' };
}

function Output({ text }: { text: string }) {
  const lines = useMemo(() => {
    const reader = openAnsi();
    reader.write(text);
    return reader.lines;
  }, [text]);
  return (
    <ScrollRegion kind="log log-still" label="Output">
      <LogLines lines={lines} from={0} />
    </ScrollRegion>
  );
}

function CommandRow({ command }: { command: CommandRecord }) {
  const [open, setOpen] = useState(false);
  const { words, tone } = outcome(command);
  return (
    <details class="expander" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="command-line">
          <span class={`command-end ${tone}`}>
            <Icon name={words === 'exit 0' ? 'check' : words === 'running' ? 'progress' : words === 'ended' ? 'dash' : 'cross'} />
            {words}
          </span>
          <code class="command-text">
            {command.tool !== 'shell' && <span class="hint">{command.tool} </span>}
            <Visible text={command.command.replaceAll('\n', ' ⏎ ').slice(0, 300)} />
          </code>
          <span class="check-time">{command.durationMs !== undefined && duration(command.durationMs)}</span>
        </span>
      </summary>
      {open && (
        <div class="expanded">
          <pre class="command">
            <VisibleBlock text={command.command} />
          </pre>
          <p class="hint">
            in <code>{command.cwd}</code>, attempt {command.attempt}, <TimeAgo at={command.startedAt} />
          </p>
          {command.refused !== undefined && (
            <p class="cb-text-bad">
              Refused: <Visible text={command.refused} />
            </p>
          )}
          {command.output ? <Output text={command.output} /> : <p class="hint">It printed nothing.</p>}
        </div>
      )}
    </details>
  );
}

/** Every command the agent ran, in order. While it works, what it prints says when to look again. */
export function CommandsTab({ detail }: { detail: RunDetail }) {
  const { link, cache } = useSession();
  const { run, logs } = detail;
  const { value, problem } = useDoor('getCommands', { params: { id: run.id } });
  const [shown, setShown] = useState(PAGE);
  const [failedOnly, setFailedOnly] = useState(false);
  const live = run.state === 'editing' ? agentLog(logs) : undefined;
  const liveName = live?.name;
  useEffect(() => {
    if (liveName === undefined) return undefined;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const stop = link.follow(run.id, liveName, live?.bytes ?? 0, () => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        cache.touch((door, params) => door === 'getCommands' && params?.id === run.id);
      }, REFRESH_MS);
    });
    return () => {
      clearTimeout(waiting);
      stop();
    };
  }, [run.id, liveName]);

  if (!value) return <p class="empty">{problem?.message ?? 'Loading the commands…'}</p>;
  if (value.commands.length === 0) return <p class="empty">The agent has run no command{run.state === 'editing' ? ' yet' : ''}.</p>;
  const bad = value.commands.filter((command) => command.refused !== undefined || (command.exitCode ?? 0) !== 0);
  const commands = failedOnly ? bad : value.commands;
  return (
    <section class="list-section">
      <div class="list-head">
        <h2>
          {value.commands.length} {value.commands.length === 1 ? 'command' : 'commands'}
        </h2>
        {bad.length > 0 && (
          <label class="tick">
            <input type="checkbox" checked={failedOnly} onChange={(event) => setFailedOnly(event.currentTarget.checked)} />
            Only the {bad.length} that did not end well
          </label>
        )}
      </div>
      {commands.slice(0, shown).map((command, index) => (
        <CommandRow key={`${command.attempt}/${command.startedAt}/${index}`} command={command} />
      ))}
      {commands.length > shown && (
        <Button kind="quiet" onClick={() => setShown(shown + PAGE)}>
          Show {Math.min(PAGE, commands.length - shown)} more
        </Button>
      )}
    </section>
  );
}
