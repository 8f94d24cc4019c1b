import type { Box } from './collected.ts';

/** What the picker draws: outlines above the page, and one label that is also read aloud. */
export interface Outline {
  /** Takes pointer and keys in place of the page. */
  catcher: HTMLElement;
  hover(box: Box | undefined, label: string): void;
  picked(boxes: readonly Box[]): void;
  hide(): void;
  show(): void;
  remove(): void;
}

/** Built of plain elements: it is drawn anew on each move of the pointer. */
export function drawOutline(layer: HTMLElement, hint: string): Outline {
  const root = part('div', 'cap-picker');
  const catcher = part('div', 'cap-catcher');
  catcher.tabIndex = 0;
  catcher.setAttribute('role', 'application');
  catcher.setAttribute('aria-label', hint);
  const box = part('div', 'cap-hover');
  const label = part('div', 'cap-label');
  label.setAttribute('role', 'status');
  const help = part('div', 'cap-help');
  help.textContent = hint;
  const marks = part('div', 'cap-picked');
  root.append(marks, box, label, help, catcher);
  layer.append(root);

  return {
    catcher,
    hover(at, text) {
      box.hidden = at === undefined;
      label.hidden = at === undefined;
      if (at === undefined) return;
      place(box, at);
      if (label.textContent !== text) label.textContent = text;
      const { innerWidth, innerHeight } = window;
      const below = at.y + at.height + 6;
      const above = at.y - 30;
      const y = below + 26 < innerHeight ? below : above > 0 ? above : innerHeight - 32;
      const x = Math.min(Math.max(6, at.x), Math.max(6, innerWidth - label.offsetWidth - 6));
      label.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
      help.classList.toggle('cap-help-top', at.y + at.height > innerHeight - 90);
    },
    picked(boxes) {
      marks.replaceChildren(
        ...boxes.map((at, index) => {
          const mark = part('div', 'cap-mark');
          mark.dataset['number'] = String(index + 1);
          place(mark, at);
          return mark;
        }),
      );
    },
    hide() {
      root.style.opacity = '0'; // what is invisible in another way loses the focus to the page
    },
    show() {
      root.style.opacity = '';
    },
    remove: () => root.remove(),
  };
}

function part(name: 'div', className: string): HTMLElement {
  const element = document.createElement(name);
  element.className = className;
  return element;
}

function place(element: HTMLElement, { x, y, width, height }: Box): void {
  element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  element.style.width = `${Math.round(width)}px`;
  element.style.height = `${Math.round(height)}px`;
}
