import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Run } from '#shared/run.ts';
import { Button } from '#shared/ui/button.tsx';
import { isTerminal } from '#shared/ui/run-groups.ts';
import type { Shell } from '../contract.ts';
import type { RunForm } from './run-desk.ts';
import { TooSoon } from './too-soon.tsx';
import { seesCovers, useArmed } from './use-armed.ts';

const FORMS: Record<RunForm, { label: string; hint: string; act: string; needs?: string }> = {
  reject: {
    label: 'Why is it rejected?',
    hint: 'The run ends. main is untouched and the branch is kept.',
    act: 'Reject',
    needs: 'A reason is required.',
  },
  revise: {
    label: 'What should be different?',
    hint: 'Codex goes on from this commit with your words. This run ends as “Revised”.',
    act: 'Send',
    needs: 'Say what should be different.',
  },
  cancel: { label: 'Stop this run?', hint: 'Its processes end, its slot is given back, its branch is kept.', act: 'Cancel the run' },
};

/** Said of a run that has ended. */
const GOES_ON = 'Codex goes on from where it ended with your words, in a run of its own.';

/**
 * Asks for the words of an act, or once more before one that stops a run. A page may cover the button as it may that of an
 * approval, so a press is judged alike wherever the browser can; elsewhere it counts, since a run can be retried or restored.
 */
export function DecisionForm({
  run,
  form,
  shell,
  words,
  isBusy,
  onWrite,
  onBack,
  onDo,
}: {
  run: Run;
  form: RunForm;
  shell: Shell;
  words: string;
  isBusy: boolean;
  onWrite(words: string): void;
  onBack(event: Event): void;
  onDo(words: string): void;
}) {
  const { label, hint, act, needs } = FORMS[form];
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const { place, isArmed, isTooEarly, allows } = useArmed(`${run.id}/${form}`, shell);
  const mayDo = (event: Event) => (seesCovers() ? allows(event) : shell.isReal(event));
  const blocked = needs !== undefined && words.trim() === '' ? needs : undefined;
  return (
    <div class="form">
      {needs === undefined ? <p class="form-label">{label}</p> : <label for={`cb-${form}`}>{label}</label>}
      {needs !== undefined && (
        <textarea
          id={`cb-${form}`}
          ref={field}
          rows={3}
          dir="auto"
          maxLength={4_000}
          value={words}
          onInput={(event) => onWrite(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing || event.keyCode === 229) return;
            event.preventDefault();
            // Words that were typed here are a person's, who sees them.
            if (blocked === undefined && !event.repeat && shell.isReal(event)) onDo(words.trim());
          }}
        />
      )}
      <p class="hint">{form === 'revise' && isTerminal(run.state) ? GOES_ON : hint}</p>
      <div class="row-acts">
        <div ref={place} class={`approve ${isArmed || blocked !== undefined || !seesCovers() ? '' : 'arming'}`} data-armed={isArmed}>
          <Button
            kind={form === 'revise' ? 'primary' : 'danger'}
            busy={isBusy}
            blocked={blocked}
            onClick={(event) => mayDo(event) && onDo(words.trim())}
          >
            {act}
          </Button>
        </div>
        <Button kind="quiet" onClick={onBack}>
          {form === 'cancel' ? 'Let it go on' : 'Back'}
        </Button>
      </div>
      {isTooEarly && <TooSoon />}
    </div>
  );
}
