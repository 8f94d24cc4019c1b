/** An element in a document that may not be HTML. */
export function htmlElement<N extends keyof HTMLElementTagNameMap>(name: N, className?: string): HTMLElementTagNameMap[N];
export function htmlElement(name: string, className?: string): HTMLElement;
export function htmlElement(name: string, className?: string): Element {
  const made = document.createElementNS('http://www.w3.org/1999/xhtml', name);
  if (className !== undefined) made.className = className;
  return made;
}
