import type { ComponentChildren, RefObject } from 'preact';

/** Something that scrolls by itself; it can be focused, so that it also scrolls by keyboard. */
export function ScrollRegion({
  label,
  kind,
  children,
  place,
  onScroll,
}: {
  label: string;
  kind: string;
  children: ComponentChildren;
  place?: RefObject<HTMLElement | null>;
  onScroll?: (element: HTMLElement) => void;
}) {
  return (
    <section
      ref={place}
      class={kind}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={label}
      onScroll={onScroll && ((event) => onScroll(event.currentTarget))}
    >
      {children}
    </section>
  );
}
