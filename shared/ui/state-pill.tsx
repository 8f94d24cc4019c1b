import type { Run } from '../run.ts';
import { Icon, type IconName } from './icon.tsx';
import { stateWords, type Tone } from './state-words.ts';

const ICONS: Record<Tone, IconName> = {
  neutral: 'circle',
  working: 'progress',
  attention: 'eye',
  good: 'check',
  bad: 'cross',
  muted: 'dash',
};

/** A word in a colour; the icon says the same for those who do not see the colour. */
export function Pill({ tone, icon, children, title }: { tone: Tone; icon?: IconName; children: string; title?: string }) {
  return (
    <span class={`cb-pill cb-tone-${tone}`} title={title}>
      <Icon name={icon ?? ICONS[tone]} />
      {children}
    </span>
  );
}

/** The state of a run. */
export function StatePill({ run }: { run: Pick<Run, 'state' | 'reason'> }) {
  const { label, tone, meaning } = stateWords(run);
  return (
    <Pill tone={tone} title={meaning} icon={run.state === 'queued' ? 'clock' : ICONS[tone]}>
      {label}
    </Pill>
  );
}

/** Says unmistakably that no real model wrote this. */
export function DemoLabel() {
  return (
    <span class="cb-demo" title="No model is configured. A built-in script plays the model on the sample app; everything else is real.">
      Demo model
    </span>
  );
}
