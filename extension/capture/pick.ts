import type { Collected, PickedElement, Picture } from './collected.ts';

export interface PickerParts {
  /** Inside our own shadow root, above the page: the outline is drawn here. It must let the pointer through. */
  layer: HTMLElement;
  already: readonly PickedElement[];
  /** Called again with the same id when more is known (what the framework says, the picture): see `withPicked`. */
  onPick(picked: Picked): void;
  /** Esc, or no more can be picked. */
  onEnd(): void;
}

/** One element, and its picture once there is one. */
export interface Picked {
  element: PickedElement;
  picture?: Picture;
}

/** As many as a request may carry. */
export const MAX_ELEMENTS = 20;

/** With the element in it, or in the place of what was known of it before. What the person wrote or left out meanwhile stays. */
export function withPicked(collected: Collected, { element, picture }: Picked): Collected {
  const before = collected.elements.find(({ id }) => id === element.id);
  const now = before === undefined ? element : { ...element, note: before.note, without: before.without };
  const pictures = picture === undefined ? collected.pictures : [...collected.pictures.filter(({ id }) => id !== picture.id), picture];
  const elements = before === undefined ? [...collected.elements, now] : collected.elements.map((each) => (each === before ? now : each));
  return { ...collected, elements, pictures };
}

/** Lets the person point at elements, by pointer or keyboard, until the answer is called or they end it. The page sees none of it. */
export function startPicker({ onEnd }: PickerParts): () => void {
  const stop = new AbortController();
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopImmediatePropagation();
      stop.abort();
      onEnd();
    },
    { capture: true, signal: stop.signal },
  );
  return () => stop.abort();
}
