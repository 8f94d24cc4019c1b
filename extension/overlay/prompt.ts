import { htmlElement } from './html-element.ts';
import { openPromptHistory } from './prompt-history.ts';

/** The field a request is written in, with the keys that belong to it. */
export interface Prompt {
  field: HTMLTextAreaElement;
  /** Says when no more fits: a browser cuts what is pasted without a word. */
  full: HTMLElement;
  setHistory(prompts: readonly string[]): void;
  /** Puts text before what is there, or at a place in it, as if it had been there first; the caret stays in the person's own words. */
  putBack(text: string, at?: number): void;
  take(): string;
  /** Whether Enter sends as the prompt is now: one line is sent by it, several lines need Ctrl or Cmd. */
  isSentByEnter(): boolean;
}

export interface PromptParts {
  send(): void;
  changed(): void;
}

/** WebKit ends a composition before it tells of the Enter that ended it. */
const AFTER_COMPOSITION_MS = 100;

/** As long as a request may be. */
const MAX_LENGTH = 32_768;
const FULL = 'This is as long as a request may be (32,768 characters). Look whether its end is missing.';

/** Makes the field behave; `field` stands in the shell. */
export function openPrompt(field: HTMLTextAreaElement, parts: PromptParts): Prompt {
  const { send } = parts;
  const full = htmlElement('p', 'full');
  full.setAttribute('role', 'status');
  const history = openPromptHistory();
  let composedAt = Number.NEGATIVE_INFINITY;
  let isComposing = false;
  let waiting: (readonly [string, number])[] = [];
  field.maxLength = MAX_LENGTH;

  function changed(): void {
    full.textContent = field.value.length < MAX_LENGTH ? '' : FULL;
    parts.changed();
  }

  function set(text: string): void {
    field.value = text.slice(0, MAX_LENGTH);
    field.setSelectionRange(field.value.length, field.value.length);
    field.scrollTop = field.scrollHeight;
    changed();
  }

  function putBack(text: string, at = 0): void {
    if (text === '') return;
    if (isComposing) {
      waiting.push([text, at]); // a change now would break the composition off
      return;
    }
    const { selectionStart, selectionEnd } = field;
    const fits = text.slice(0, Math.max(0, MAX_LENGTH - field.value.length));
    field.setRangeText(fits, at, at, 'preserve');
    const moved = (place: number) => (place >= at ? place + fits.length : place);
    field.setSelectionRange(moved(selectionStart), moved(selectionEnd));
    changed();
  }

  const isSentByEnter = () => !field.value.includes('\n');

  function walk(event: KeyboardEvent): void {
    const { selectionStart: start, selectionEnd: end, value } = field;
    if (start !== end || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    const goes = history.isWalking(value) || (event.key === 'ArrowUp' && start === 0);
    const next = goes ? (event.key === 'ArrowUp' ? history.older(value) : history.newer(value)) : undefined;
    if (next === undefined) return;
    event.preventDefault();
    set(next);
  }

  field.addEventListener('compositionstart', () => {
    isComposing = true;
  });
  field.addEventListener('compositionend', (event) => {
    isComposing = false;
    composedAt = event.timeStamp;
    const owed = waiting;
    waiting = [];
    for (const [text, at] of owed) putBack(text, at);
  });
  field.addEventListener('input', changed);
  field.addEventListener('keydown', (event) => {
    const isOfComposition = event.isComposing || event.keyCode === 229 || event.timeStamp - composedAt < AFTER_COMPOSITION_MS;
    if (isOfComposition) return;
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') walk(event);
    if (event.key !== 'Enter' || event.shiftKey || event.altKey) return;
    if (!event.ctrlKey && !event.metaKey && !isSentByEnter()) return;
    event.preventDefault();
    if (!event.repeat) send();
  });

  return {
    field,
    full,
    setHistory: history.set,
    putBack,
    take() {
      const { value } = field;
      field.value = '';
      changed();
      return value;
    },
    isSentByEnter,
  };
}
