import type { ComponentChildren } from 'preact';

/** A button that says why it cannot be used instead of just being grey. It stays reachable, so that the reason can be read. */
export function Button({
  children,
  onClick,
  blocked,
  kind = 'plain',
  title,
  busy = false,
  type = 'button',
  expanded,
}: {
  children: ComponentChildren;
  onClick?: (event: MouseEvent) => void;
  /** Why it cannot be used now. */
  blocked?: string | undefined;
  kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  title?: string;
  busy?: boolean;
  type?: 'button' | 'submit';
  /** Of a button that opens something below it. */
  expanded?: boolean;
}) {
  const off = blocked !== undefined || busy;
  return (
    <button
      type={type}
      class={`button button-${kind}`}
      aria-disabled={off}
      aria-busy={busy}
      aria-expanded={expanded}
      title={blocked ?? title}
      onClick={(event) => {
        if (off) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {children}
    </button>
  );
}
