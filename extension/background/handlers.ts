import * as z from 'zod/mini';
import { API } from '#shared/api.ts';
import { LinkLost } from '#shared/link.ts';
import { safeHref } from '#shared/ui/safe-href.ts';
import { readMarks } from '../awareness/run-marks.ts';
import type { Badges } from '../awareness/show-badges.ts';
import { browser } from '../browser.ts';
import { chooseDaemon, normalPattern } from '../choose-daemon.ts';
import type { Lost, MessageBody, MessageName, Replies, TabMessage } from '../messages.ts';
import { changeSettings } from '../settings-store.ts';
import { linkWords, pairWords } from '../words.ts';
import { askErrors, askPage } from './ask-page.ts';
import { lookAtRun } from './look-at-run.ts';
import { openRunPage } from './open-run-page.ts';
import { pairWith } from './pair.ts';
import { photographTab } from './photograph-tab.ts';
import type { Asker } from './senders.ts';
import type { Service } from './service.ts';
import type { Shelves } from './shelves.ts';
import { maySee, sight, sightOf } from './views.ts';

export interface HandlerParts {
  service: Service;
  shelves: Shelves;
  /** What was picked where it was unclear, by origin. */
  picked: Map<string, string>;
  badges: Badges;
  /** Pages are to know that a place is theirs now. */
  placesChanged(): void;
}

export type Handlers = { [N in MessageName]: (body: MessageBody<N>, asker: Asker) => Promise<Replies[N]> | Replies[N] };

const LOST: Lost = { ok: false, code: 'offline', message: 'The daemon did not answer. Start it, then try again.' };
const NOT_HERE = 'This page may not ask about that run.';

/** What is done about each message. The asker was admitted before. */
export function createHandlers({ service, shelves, picked, badges, placesChanged }: HandlerParts): Handlers {
  const { links, outbox } = service;

  const sees = (asker: Asker, daemonId: string, runId: string) =>
    asker.is === 'ours' || (asker.is === 'page' && maySee(service, asker, picked.get(asker.origin), daemonId, runId));

  async function orLost<T>(work: Promise<T>): Promise<T | Lost> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof LinkLost) return LOST;
      throw error;
    }
  }

  return {
    async toggle(_body, asker) {
      const from = asker.is === 'frame' && asker.frameId !== undefined ? { frameId: asker.frameId } : {};
      if (asker.is !== 'ours') await tellTab(asker.tabId, { type: 'toggle', ...from });
      return undefined;
    },
    async pass_key({ frameId }, asker) {
      if (asker.is === 'page') await tellTab(asker.tabId, { type: 'press' }, frameId);
      return undefined;
    },
    async typed({ text }, asker) {
      if (asker.is !== 'ours') await tellTab(asker.tabId, { type: 'typed', text });
      return undefined;
    },
    here({ loads }, asker) {
      if (asker.is === 'page') badges.tabChanged(asker.tabId, loads);
      return undefined;
    },
    load_panel: (_body, asker) => loadPanel(asker),
    async submit({ daemonId, key, request, pictures }, asker) {
      const daemon = service.daemon(daemonId);
      if (!daemon) return { end: 'refused', message: 'This daemon is no longer paired. Pair it in the options, or choose another.' };
      if (pictures.length > 0 && request.context === undefined) return { end: 'refused', message: 'A picture needs the page it is of.' };
      const { address, app, user } = daemon;
      const origin = asker.is === 'page' ? { origin: asker.origin } : {};
      const outcome = await outbox.send({ key, daemonId, request, pictures, at: Date.now(), address, app, user, ...origin });
      if (outcome.end !== 'kept') return outcome;
      const problem = outbox.unsent.get().find((entry) => entry.key === key)?.state;
      const link = linkWords(links.states.get().get(daemonId)?.is ?? 'offline', address);
      const why = link ?? { title: 'Not sent yet', text: problem?.is === 'problem' ? problem.message : 'It is sent as soon as it can be.' };
      return { end: 'kept', why };
    },
    async take_back({ key }, asker) {
      const entry = outbox.unsent.get().find((each) => each.key === key);
      if (!entry || (asker.is === 'page' && entry.origin !== asker.origin)) return undefined;
      return (await outbox.takeBack(key))?.request;
    },
    async retry({ daemonId }) {
      links.retry(daemonId);
      for (const { id } of service.daemons.get()) if (daemonId === undefined || id === daemonId) await outbox.flush(id);
      return undefined;
    },
    async act({ daemonId, runId, act, body, key }, asker) {
      if (!sees(asker, daemonId, runId)) return { ok: false, status: 403, code: 'forbidden', message: NOT_HERE };
      const parsed = z.safeParse(API[act].body, body);
      if (!parsed.success) return { ok: false, status: 400, code: 'bad_request', message: z.prettifyError(parsed.error) };
      const result = await orLost(links.client(daemonId).call(act, { params: { id: runId }, body: parsed.data as never, key }));
      if (!result.ok) return result;
      const { run } = result.value;
      service.runs(daemonId)?.take(run);
      // What came of it was asked for here too: a revision is another run.
      if (asker.is === 'page' && run.id !== runId) await service.remember(daemonId, run.id, asker.origin);
      return result;
    },
    async look({ daemonId, runId }, asker) {
      if (!sees(asker, daemonId, runId)) return { ok: false, message: NOT_HERE };
      return orLost(lookAtRun(links.client(daemonId), runId));
    },
    async seen({ daemonId, runId, version }, asker) {
      return sees(asker, daemonId, runId) && ((await service.runs(daemonId)?.mark({ id: runId, version }, 'read')) ?? false);
    },
    photograph: (_body, asker) =>
      asker.is === 'page' ? photographTab(asker.tabId, asker.windowId) : { ok: false, message: 'Only a page is photographed.' },
    read_hints: (place, asker) => (asker.is === 'page' ? askPage(asker.tabId, place) : {}),
    read_errors: (_body, asker) => (asker.is === 'page' ? askErrors(asker.tabId) : []),
    find_sources({ daemonId, elements }, asker) {
      const isOfPage = asker.is === 'page' && sightOf(service, asker.url, picked.get(asker.origin)).chosen?.id === daemonId;
      if (!isOfPage) return { ok: false, status: 403, code: 'forbidden', message: 'This page is not of that app.' };
      return orLost(links.client(daemonId).call('findSources', { body: { elements } }));
    },
    async open_preview({ daemonId, runId }, asker) {
      if (!sees(asker, daemonId, runId)) return { ok: false, message: NOT_HERE };
      const found = await orLost(links.client(daemonId).call('getPreview', { params: { id: runId } }));
      if (!found.ok) return { ok: false, message: found.message };
      const url = safeHref(found.value.url);
      if (url === undefined) return { ok: false, message: 'The preview has no web address.' };
      await browser.tabs.create({ url });
      return { ok: true };
    },
    async open_page({ daemonId, runId }) {
      const daemon = service.daemon(daemonId);
      if (daemon) await openRunPage(daemon.address, runId);
      return undefined;
    },
    async pick_daemon({ daemonId }, asker) {
      if (asker.is !== 'page') return undefined;
      const choice = chooseDaemon(service.daemons.get(), asker.url);
      if (choice.is !== 'unclear' || !choice.daemons.some(({ id }) => id === daemonId)) return undefined;
      picked.set(asker.origin, daemonId);
      await shelves.picked.put({ origin: asker.origin, daemonId });
      placesChanged();
      return undefined;
    },
    async keep_draft({ text }, asker) {
      const page = draftPlace(asker);
      if (page === undefined) return undefined;
      await (text === '' ? shelves.drafts.delete(page) : shelves.drafts.put({ page, text, at: Date.now() }));
      return undefined;
    },
    async read_draft(_body, asker) {
      const page = draftPlace(asker);
      return page === undefined ? undefined : (await shelves.drafts.get(page))?.text;
    },
    async site_off({ off, host }, asker) {
      const site = asker.is === 'page' ? new URL(asker.url).hostname : host;
      if (site === undefined || site === '') return undefined;
      await changeSettings((settings) => ({
        ...settings,
        offSites: [...settings.offSites.filter((each) => each !== site), ...(off ? [site] : [])],
      }));
      return undefined;
    },
    async set_hotkey({ hotkey }) {
      await changeSettings((settings) => ({ ...settings, hotkey: hotkey ?? undefined }));
      return undefined;
    },
    async set_picture_first({ on }) {
      await changeSettings((settings) => ({ ...settings, pictureFirst: on }));
      return undefined;
    },
    async open_options() {
      await browser.runtime.openOptionsPage();
      return undefined;
    },
    sight: ({ url }) => sight(service, url, picked.get(URL.parse(url)?.origin ?? '')),
    async read_marks(_body, asker) {
      if (asker.is !== 'page') return [];
      const { chosen, runs } = sightOf(service, asker.url, picked.get(asker.origin));
      const marks = chosen ? await orLost(readMarks(links.client(chosen.id), runs)) : [];
      return 'ok' in marks ? [] : marks;
    },
    async pair(typed) {
      const outcome = await pairWith(typed, (url, init) => fetch(url, init), Date.now());
      if (outcome.end === 'failed') return { ...outcome, words: pairWords(outcome.why, outcome.address, outcome.detail) };
      await service.pair(outcome.daemon);
      return { end: 'paired', daemonId: outcome.daemon.id };
    },
    async unpair({ daemonId }) {
      await service.unpair(daemonId);
      return undefined;
    },
    async set_patterns({ daemonId, patterns }) {
      await service.setPatterns(daemonId, [...new Set(patterns.flatMap((pattern) => normalPattern(pattern) ?? []))]);
      return undefined;
    },
    async call({ daemonId, ...request }) {
      const reply = await orLost(links.settled(daemonId).then((link) => link.call(request)));
      return 'ok' in reply ? reply : { ok: true, ...reply };
    },
  };
}

/** Tells the overlay of a tab something, or one of its frames; a tab without one (the browser's own pages) hears nothing. */
export async function tellTab(tabId: number, message: TabMessage, frameId = 0): Promise<boolean> {
  return browser.tabs.sendMessage(tabId, message, { frameId }).then(
    () => true,
    () => false,
  );
}

/** Put there by us and not offered to pages to load, so that none can ask whether this extension is here. */
async function loadPanel(asker: Asker): Promise<Replies['load_panel']> {
  if (asker.is !== 'page') return { ok: false, message: 'Only a page has an overlay.' };
  try {
    await browser.scripting.executeScript({ target: { tabId: asker.tabId, frameIds: [0] }, files: ['/overlay-panel.js'] });
    return { ok: true };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `The browser did not let the overlay into this page: ${why}` };
  }
}

function draftPlace(asker: Asker): string | undefined {
  return asker.is === 'page' ? asker.origin + new URL(asker.url).pathname : undefined;
}
