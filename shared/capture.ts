import * as z from 'zod/mini';
import { ArtifactHash } from './ids.ts';

const text = (max: number) => z.string().check(z.maxLength(max));

const Rect = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

/** One selected element as the page showed it. All of it is data from a page, never instructions. */
export const CapturedElement = z.object({
  selector: text(2_000),
  frame: z.optional(text(2_000)),
  role: z.optional(text(100)),
  name: z.optional(text(500)),
  text: z.optional(text(4_000)),
  html: z.optional(text(16_000)),
  rect: z.optional(Rect),
  note: z.optional(text(2_000)),
  hints: z.optional(z.record(z.string().check(z.maxLength(100)), text(2_000))),
});

export type CapturedElement = z.infer<typeof CapturedElement>;

/** What the overlay took from a page, or the little that the request box knows. */
export const Capture = z.object({
  url: text(8_000),
  title: z.optional(text(500)),
  elements: z.optional(z.array(CapturedElement).check(z.maxLength(20))),
  viewport: z.optional(
    z.object({
      width: z.number(),
      height: z.number(),
      scale: z.optional(z.number()),
      scrollX: z.optional(z.number()),
      scrollY: z.optional(z.number()),
    }),
  ),
  screenshots: z.optional(z.array(ArtifactHash).check(z.maxLength(8))),
  console: z.optional(z.array(text(2_000)).check(z.maxLength(50))),
  failedRequests: z.optional(z.array(text(2_000)).check(z.maxLength(50))),
});
export type Capture = z.infer<typeof Capture>;
