import type { RunRequest } from '#shared/run.ts';
import { burned } from './burn.ts';
import type { Collected, PickedElement, Picture } from './collected.ts';
import { type Masked, writeMasked } from './masked.ts';
import { MAX_ELEMENTS } from './pick.ts';

/** What is asked besides what the page gives. */
export type RequestOptions = Pick<RunRequest, 'priority' | 'safeMode' | 'agent' | 'parentRunId'>;

/** What is sent, and nothing else is: hand both to the background's `submit` as they are. */
export interface ReadyRequest {
  request: RunRequest;
  /** Base64 of a PNG each. What was covered is not in them. */
  pictures: string[];
}

/** As `shared/capture.ts` allows them. */
const LIMITS = {
  url: 8_000,
  selector: 2_000,
  title: 500,
  text: 4_000,
  html: 16_000,
  name: 500,
  note: 2_000,
  hint: 2_000,
  line: 2_000,
} as const;

const MAX_LINES = 50;
const MAX_PICTURES = 8;

/** The pictures that go along: as many as a request may carry, of those that are not left out. */
export function sentPictures({ pictures }: Pick<Collected, 'pictures'>): readonly Picture[] {
  return pictures.filter(({ isOff }) => !isOff).slice(0, MAX_PICTURES);
}

/** Decides what leaves the page. There is no other way out: what the payload view shows is what this answers. */
export async function toRequest(collected: Collected, words: string, options: RequestOptions = {}): Promise<ReadyRequest> {
  const prompt = words.trim();
  const { switches } = collected;
  if (!switches.page) return { request: inOrder({ prompt }, options), pictures: [] };
  const shown = new Set(collected.shown);
  const lines = (texts: readonly Masked[]) => texts.slice(-MAX_LINES).map((text) => writeMasked(text, shown, LIMITS.line));
  const elements = collected.elements.slice(0, MAX_ELEMENTS).map((element) => sentElement(element, shown));
  const context: RunRequest['context'] = {
    url: writeMasked(collected.url, shown, LIMITS.url),
    ...(switches.title ? { title: writeMasked(collected.title, shown, LIMITS.title) } : {}),
    ...(elements.length > 0 ? { elements } : {}),
    ...(switches.viewport ? { viewport: collected.viewport } : {}),
    ...(switches.console && collected.console.length > 0 ? { console: lines(collected.console) } : {}),
    ...(switches.failedRequests && collected.failedRequests.length > 0 ? { failedRequests: lines(collected.failedRequests) } : {}),
  };
  const pictures: string[] = [];
  for (const picture of sentPictures(collected)) pictures.push(await burned(picture, shown));
  return { request: inOrder({ prompt, context }, options), pictures };
}

/** In the order of `shared/run.ts`: whoever checks it against that on its way writes the same bytes again. */
function inOrder(said: Pick<RunRequest, 'prompt' | 'context'>, { priority, safeMode, agent, parentRunId }: RequestOptions): RunRequest {
  return {
    ...said,
    ...(priority === undefined ? {} : { priority }),
    ...(safeMode === undefined ? {} : { safeMode }),
    ...(agent === undefined ? {} : { agent }),
    ...(parentRunId === undefined ? {} : { parentRunId }),
  };
}

type SentElement = NonNullable<NonNullable<RunRequest['context']>['elements']>[number];

function sentElement(element: PickedElement, shown: ReadonlySet<string>): SentElement {
  const has = (part: PickedElement['without'][number], text: Masked) => text.length > 0 && !element.without.includes(part);
  const hints = element.without.includes('hints') ? [] : Object.entries(element.hints);
  return {
    selector: element.selector.slice(0, LIMITS.selector),
    ...(element.frame === undefined ? {} : { frame: element.frame.slice(0, LIMITS.selector) }),
    ...(element.role === undefined ? {} : { role: element.role.slice(0, 100) }),
    ...(has('name', element.name) ? { name: writeMasked(element.name, shown, LIMITS.name) } : {}),
    ...(has('text', element.text) ? { text: writeMasked(element.text, shown, LIMITS.text) } : {}),
    ...(has('html', element.html) ? { html: writeMasked(element.html, shown, LIMITS.html) } : {}),
    rect: element.rect,
    ...(element.note.trim() === '' ? {} : { note: element.note.trim().slice(0, LIMITS.note) }),
    ...(hints.length > 0 ? { hints: Object.fromEntries(hints.map(([name, hint]) => [name, writeMasked(hint, shown, LIMITS.hint)])) } : {}),
  };
}
