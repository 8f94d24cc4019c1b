/**
 * What the part of the overlay that is in every page and the part that comes when it is first
 * opened say to each other. Both run in the extension's own world, where no script of a page is.
 */

import type { PictureMoment } from './picture-moment.ts';

/** Where the first part waits for the second: a function in the global object of that world. */
export const PANEL_PLACE = '__codexBuilderMount';
export type MountPanel = (open: OpenPanel) => void;
export type OpenPanel = (shell: Shell) => Panel;

/** The box with the prompt, as the panel sees it. */
export interface Shell {
  shadow: ShadowRoot;
  dialog: HTMLElement;
  /** Below the prompt: what goes along with it. */
  chips: HTMLElement;
  /** Left of the button that sends. */
  tools: HTMLElement;
  /** Below the box: what became of it. */
  below: HTMLElement;
  text(): string;
  /** Empties the prompt and answers what it was. */
  takeText(): string;
  /** Puts text before what was written meanwhile. */
  putBack(text: string): void;
  /** Calls with each change of the prompt, until the answer is called. */
  onText(then: () => void): () => void;
  focusPrompt(): void;
  setHistory(prompts: readonly string[]): void;
  /** How the button that sends stands. */
  setSend(state: { label: string; blocked?: string; isBusy?: boolean }): void;
  close(): void;
  addStyles(css: string): void;
  /** Whether an event was caused by a person: a page can make events, but never one that this says yes to. */
  isReal(event: Event): boolean;
  /** Out of sight, so that a picture shows the page alone; the focus stays and what is typed is kept. */
  setUnseen(isUnseen: boolean): void;
  /** In place of the box, until `end` is called: a layer over the page, which is seen and can be pointed at. */
  showLayer(): { layer: HTMLElement; end(): void };
}

/** What the box asks of the panel. */
export interface Panel {
  opened(): void;
  closed(): void;
  /** Takes a picture of the page while nothing of ours shows. */
  photographFirst(moment: PictureMoment): void;
  send(): void;
  /** Esc: closes its innermost layer and answers whether there was one. */
  escape(): boolean;
}
