import { Button } from '#shared/ui/button.tsx';
import { Pill } from '#shared/ui/state-pill.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import type { DaemonView, UnsentView } from '../../messages.ts';
import type { Shell } from '../contract.ts';

export interface UnsentParts {
  sending: readonly { key: string; prompt: string }[];
  unsent: readonly UnsentView[];
  daemons: readonly DaemonView[];
  shell: Shell;
  onTakeBack(key: string): void;
}

/** Requests that the daemon does not have yet: on their way, or kept until it is back. */
export function UnsentRows({ sending, unsent, daemons, shell, onTakeBack }: UnsentParts) {
  const isKept = (key: string) => unsent.some((each) => each.key === key);
  return (
    <>
      {sending
        .filter(({ key }) => !isKept(key))
        .map(({ key, prompt }) => (
          <div class="row-run" key={key}>
            <Pill tone="working">Sending</Pill>
            <p class="row-title">
              <Visible text={prompt} />
            </p>
          </div>
        ))}
      {unsent.map((entry) => (
        <Kept
          key={entry.key}
          entry={entry}
          daemon={daemons.find(({ id }) => id === entry.daemonId)}
          shell={shell}
          onTakeBack={onTakeBack}
        />
      ))}
    </>
  );
}

function Kept({
  entry,
  daemon,
  shell,
  onTakeBack,
}: {
  entry: UnsentView;
  daemon: DaemonView | undefined;
  shell: Shell;
  onTakeBack: UnsentParts['onTakeBack'];
}) {
  const { state, prompt, key, daemonId } = entry;
  const words = daemon?.link === 'ready' || daemon?.link === 'connecting' ? undefined : daemon?.words;
  return (
    <div class="row-run row-kept">
      <Pill tone={state.is === 'refused' ? 'bad' : 'attention'} icon={state.is === 'refused' ? 'cross' : 'clock'}>
        {state.is === 'refused' ? 'Refused' : 'Waiting'}
      </Pill>
      <div>
        <p class="row-title">
          <Visible text={prompt} />
        </p>
        <p class="row-line">
          {state.is === 'waiting' ? `Kept here, and sent once. ${words?.text ?? ''}` : <Visible text={state.message} />}
        </p>
        {words?.command !== undefined && <code class="command">{words.command}</code>}
        <div class="row-acts">
          <Button onClick={(event) => shell.isReal(event) && onTakeBack(key)}>Take back</Button>
          {state.is !== 'refused' && (
            <Button kind="quiet" onClick={(event) => shell.isReal(event) && void ask('retry', { daemonId })}>
              Try now
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}
