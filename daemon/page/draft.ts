import type { RunRequest } from '#shared/run.ts';
import { browserStorage, type Kept, readJson } from './kept.ts';

/** What stands in the request box and has not been sent; kept across reloads. */
export interface Draft {
  prompt: string;
  route: string;
  priority: NonNullable<RunRequest['priority']>;
  safeMode: boolean;
}

export const EMPTY_DRAFT: Draft = { prompt: '', route: '', priority: 'normal', safeMode: false };
const PLACE = 'codex-builder.draft';

/** The kept draft; what is missing or unreadable is empty. */
export function readDraft(kept: Kept = browserStorage): Draft {
  const found = readJson(kept, PLACE) as Partial<Draft> | undefined;
  return {
    prompt: typeof found?.prompt === 'string' ? found.prompt : '',
    route: typeof found?.route === 'string' ? found.route : '',
    priority: found?.priority === 'low' || found?.priority === 'high' ? found.priority : 'normal',
    safeMode: found?.safeMode === true,
  };
}

/** Keeps the draft. */
export function writeDraft(draft: Draft, kept: Kept = browserStorage): void {
  kept.write(PLACE, JSON.stringify(draft));
}

/** Puts words into the request box for a person to send; what they were already writing stays above. */
export function addToDraft(prompt: string, route: string | undefined, kept: Kept = browserStorage): void {
  const draft = readDraft(kept);
  const own = draft.prompt.trim();
  const next = own === '' || own === prompt ? prompt : `${own}\n\n${prompt}`;
  writeDraft({ ...draft, prompt: next, route: draft.route || route?.split('?')[0] || '' }, kept);
}

/** A draft as the daemon takes it; the route becomes an address of the production app. */
export function requestOf(draft: Draft, productionUrl: string | undefined): RunRequest {
  const route = draft.route.trim();
  const url = route === '' || productionUrl === undefined ? undefined : URL.parse(`/${route.replace(/^\/+/, '')}`, productionUrl);
  return {
    prompt: draft.prompt.trim(),
    ...(url && { context: { url: url.href } }),
    ...(draft.priority !== 'normal' && { priority: draft.priority }),
    ...(draft.safeMode && { safeMode: true }),
  };
}
