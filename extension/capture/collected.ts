import type { Masked } from './masked.ts';

/** A rectangle in CSS pixels, of the viewport it was seen in. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * Everything that was taken from a page, before it is decided what of it is sent. It never changes:
 * what a person switches off, shows, draws or removes makes a new one. Only `toRequest` decides what leaves.
 */
export interface Collected {
  /** Without the values of secret-looking parameters and without the fragment. */
  url: Masked;
  title: Masked;
  viewport: { width: number; height: number; scale: number; scrollX: number; scrollY: number };
  elements: readonly PickedElement[];
  pictures: readonly Picture[];
  /** Why there is no picture of the page although one was wanted. */
  pictureProblem?: string;
  /** Errors that the page wrote to its console; only when the person asked for them. */
  console: readonly Masked[];
  /** Requests of the page that were answered with an error; only when the person asked for them. */
  failedRequests: readonly Masked[];
  switches: Switches;
  /** Ids of private things that the person wants sent as they are. */
  shown: readonly string[];
}

/** What goes along. `page` is everything but the words of the person. */
export interface Switches {
  page: boolean;
  title: boolean;
  viewport: boolean;
  console: boolean;
  failedRequests: boolean;
}

/** Parts of an element that can be left out one by one. */
export type ElementPart = 'text' | 'html' | 'name' | 'hints';

/** One element that the person pointed at. */
export interface PickedElement {
  id: string;
  /** Finds this element and no other; through open shadow roots with ` >>> `. */
  selector: string;
  /** Selectors of the frames around it, from the outside in, joined by ` >>> `. */
  frame?: string;
  role?: string;
  name: Masked;
  text: Masked;
  html: Masked;
  /** In the viewport of the top frame. */
  rect: Box;
  /** What the page's framework says about where it comes from. A hostile page may say anything. */
  hints: Readonly<Record<string, Masked>>;
  note: string;
  without: readonly ElementPart[];
}

/** A photograph, with what lies over it. Nothing of what is covered is in the picture that is sent. */
export interface Picture {
  id: string;
  of: 'page' | 'element';
  /** As the browser made it; stays in memory and is never sent. */
  source: ImageBitmap;
  /** Part of `source` that is wanted, in its pixels. */
  crop: Box;
  marks: readonly Mark[];
  isOff: boolean;
  /** Why it is off although nobody switched it off. */
  doubt?: string;
}

/** Drawn over a picture, in the pixels of its source. */
export type Mark =
  /** Painted over. `secret` names what is under it, so that the person can show it. */
  | { kind: 'cover'; box: Box; secret?: string }
  | { kind: 'frame'; box: Box }
  | { kind: 'arrow'; from: Point; to: Point }
  | { kind: 'line'; points: readonly Point[] };
export interface Point {
  x: number;
  y: number;
}
