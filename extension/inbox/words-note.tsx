import type { ComponentChildren } from 'preact';
import { Note } from '#shared/ui/note.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import type { Words } from '../messages.ts';

/** What is wrong, what helps, and the command for it. */
export function WordsNote({ words, level, children }: { words: Words; level: 'info' | 'warn' | 'error'; children?: ComponentChildren }) {
  return (
    <Note level={level}>
      <p>
        <strong>{words.title}.</strong> <Visible text={words.text} />
      </p>
      {words.command && <code class="command">{words.command}</code>}
      {children}
    </Note>
  );
}
