/** What a page can say about the elements above ours that takes even the top layer out of sight. */
const OBSTACLES = [
  { name: 'display', isIn: (style: CSSStyleDeclaration) => style.display === 'none', value: 'block' },
  { name: 'content-visibility', isIn: (style: CSSStyleDeclaration) => style.contentVisibility === 'hidden', value: 'visible' },
] as const;

/** Clears what stands between us and sight, and puts it back as it was. */
export function openObstacles(): { clear(): void; restore(): void } {
  const before = new Map<HTMLElement, { style: string | null; inert: boolean }>();
  return {
    clear() {
      for (const element of [document.documentElement, document.body]) {
        if (!(element instanceof HTMLElement)) continue;
        const computed = getComputedStyle(element);
        const found = OBSTACLES.filter(({ isIn }) => isIn(computed));
        if (found.length === 0 && !element.inert) continue;
        if (!before.has(element)) before.set(element, { style: element.getAttribute('style'), inert: element.inert });
        for (const { name, value } of found) element.style.setProperty(name, value, 'important');
        element.inert = false;
      }
    },
    restore() {
      for (const [element, { style, inert }] of before) {
        if (style === null) element.removeAttribute('style');
        else element.setAttribute('style', style);
        element.inert = inert;
      }
      before.clear();
    },
  };
}
