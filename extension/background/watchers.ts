import type { Notice } from '#shared/stream.ts';
import { browser, type Port } from '../browser.ts';
import { type InboxNotice, WATCH } from '../messages.ts';
import { findTab } from './find-tab.ts';
import { askerOf } from './senders.ts';
import type { Service } from './service.ts';
import { daemonViews, pageView, unsentView } from './views.ts';

export interface Watchers {
  /** A port that somebody opened; one that may not watch is closed. */
  add(port: Port): void;
  /** What a page shows may have changed: its address, or what was picked for it. */
  tabChanged(tabId: number): void;
  noticed(daemonId: string, notice: Notice): void;
}

const GATHER_MS = 50;

/** Tells overlays, popup and options what changed: at once when they begin to watch, then after each change, the same thing never twice. */
export function openWatchers(service: Service, picked: ReadonlyMap<string, string>): Watchers {
  const pages = new Map<Port, { tabId: number; said: string }>();
  const inboxes = new Map<Port, { daemons: string; unsent: string }>();
  let isDue = false;

  /** A port whose other end is gone throws, and may not have said so. */
  function post(port: Port, message: unknown): void {
    try {
      port.postMessage(message);
    } catch {
      pages.delete(port);
      inboxes.delete(port);
    }
  }

  async function tellPage(port: Port): Promise<void> {
    const page = pages.get(port);
    // The tab's address and not the port's: an app may have moved on without a reload.
    const tab = page && (await findTab(page.tabId));
    if (!page || !tab?.url || !pages.has(port)) return;
    const view = pageView(service, tab.url, picked.get(URL.parse(tab.url)?.origin ?? ''));
    const text = JSON.stringify(view);
    if (text === page.said) return;
    page.said = text;
    post(port, view);
  }

  function tellInbox(port: Port): void {
    const said = inboxes.get(port);
    if (!said) return;
    const daemons = daemonViews(service);
    const unsent = service.outbox.unsent.get().map(unsentView);
    const texts = { daemons: JSON.stringify(daemons), unsent: JSON.stringify(unsent) };
    inboxes.set(port, texts);
    if (texts.daemons !== said.daemons) post(port, { type: 'daemons', daemons } satisfies InboxNotice);
    if (texts.unsent !== said.unsent) post(port, { type: 'unsent', unsent } satisfies InboxNotice);
  }

  function tellAll(): void {
    if (isDue || pages.size + inboxes.size === 0) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      for (const port of pages.keys()) void tellPage(port);
      for (const port of inboxes.keys()) tellInbox(port);
    }, GATHER_MS);
  }

  service.runsChanged.watch(tellAll);
  service.daemons.watch(tellAll);
  service.links.states.watch(tellAll);
  service.outbox.unsent.watch(tellAll);
  service.asked.watch(tellAll);

  return {
    add(port) {
      const asker = port.sender && askerOf(port.sender, { id: browser.runtime.id, base: browser.runtime.getURL('') });
      if (port.name !== WATCH || !asker || asker.is === 'frame') {
        port.disconnect();
        return;
      }
      port.onDisconnect.addListener(() => {
        pages.delete(port);
        inboxes.delete(port);
      });
      if (asker.is === 'ours') {
        inboxes.set(port, { daemons: '', unsent: '' });
        post(port, { type: 'opened' } satisfies InboxNotice);
        tellInbox(port);
      } else {
        pages.set(port, { tabId: asker.tabId, said: '' });
        void tellPage(port);
      }
    },
    tabChanged(tabId) {
      for (const [port, page] of pages) if (page.tabId === tabId) void tellPage(port);
    },
    noticed(daemonId, notice) {
      for (const port of inboxes.keys()) post(port, { type: 'notice', daemonId, notice } satisfies InboxNotice);
    },
  };
}
