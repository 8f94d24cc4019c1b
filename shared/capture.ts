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

const SECRET_PARAMETER = /(token|key|secret|auth|pass|session|sig|code|jwt)/i;

/** Path and query of a captured URL with the values of secret-looking parameters masked; undefined when it is no http(s) URL. */
export function routeOf(url: string): string | undefined {
  const match = /^https?:\/\/[^/?#]+([^?#]*)(\?[^#]*)?/i.exec(url);
  if (!match) return undefined;
  const path = match[1] === '' ? '/' : match[1]!;
  const query = (match[2] ?? '').replace(/([?&;])([^=&;]+)=([^&;]*)/g, (whole, lead: string, name: string) =>
    SECRET_PARAMETER.test(decoded(name)) ? `${lead}${name}=***` : whole,
  );
  return path + query;
}

/** A captured URL with its secrets masked and its fragment gone; what is not a web address is kept as it is. */
export function maskedUrl(url: string): string {
  const origin = /^https?:\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(url);
  const route = routeOf(url);
  return origin === null || route === undefined ? url : `${url.slice(0, url.indexOf('://'))}://${origin[1]}${route}`;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not percent-encoded text: judged as it stands
  }
}
