import type { ComponentChildren } from 'preact';

/** A titled piece of what is known. */
export function Card({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
