import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

/** A standing notice: icon, words, nothing that moves. */
export function Note({ level, children }: { level: 'info' | 'warn' | 'error'; children: ComponentChildren }) {
  return (
    <div class={`note note-${level}`} role={level === 'error' ? 'alert' : undefined}>
      <Icon name={level === 'info' ? 'info' : 'warning'} />
      <div>{children}</div>
    </div>
  );
}
