import type { Check } from '#shared/check.ts';
import { stageWords } from '#shared/ui/event-words.ts';
import { duration } from '#shared/ui/relative-time.ts';
import { Pill } from '#shared/ui/state-pill.tsx';
import type { Tone } from '#shared/ui/state-words.ts';
import { useNow } from '#shared/ui/use-now.ts';
import { Visible } from '#shared/ui/visible.tsx';

const STATUS: Record<Check['status'], { words: string; tone: Tone }> = {
  waiting: { words: 'Waiting', tone: 'neutral' },
  running: { words: 'Running', tone: 'working' },
  passed: { words: 'Passed', tone: 'good' },
  failed: { words: 'Failed', tone: 'bad' },
  timed_out: { words: 'Timed out', tone: 'bad' },
  stopped: { words: 'Stopped', tone: 'muted' },
};

function Elapsed({ from }: { from: string }) {
  const now = useNow(true);
  return <>{duration(Math.max(0, now - Date.parse(from)))}</>;
}

/** One check on one line: how it stands, its name, where it ran, how long it took. */
export function CheckLine({ check }: { check: Check }) {
  const { words, tone } = STATUS[check.status];
  return (
    <span class="check-line">
      <Pill tone={tone} icon={check.status === 'waiting' ? 'clock' : undefined}>
        {words}
      </Pill>
      <span class="check-name">
        <Visible text={check.name} />
        <span class="hint">
          {check.stage === 'gate' && ` ${stageWords('gate')}`}
          {!check.required && ' not required'}
        </span>
      </span>
      <span class="check-time">
        {check.exitCode !== undefined && check.exitCode !== 0 && <span class="cb-text-bad">exit {check.exitCode} </span>}
        {check.startedAt &&
          (check.endedAt
            ? duration(Date.parse(check.endedAt) - Date.parse(check.startedAt))
            : check.status === 'running' && <Elapsed from={check.startedAt} />)}
      </span>
    </span>
  );
}
