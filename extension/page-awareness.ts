import type { Notice } from '#shared/stream.ts';
import { browser } from './browser.ts';
import { badgeOf, notificationOf } from './notices.ts';
import type { Service } from './service.ts';
import { sightOf } from './views.ts';
import { linkWords } from './words.ts';

export interface PageAwareness {
  /** The tab shows another page, or was brought to the front. */
  tabChanged(tabId: number): void;
  /** What is known of runs or daemons changed. */
  changed(): void;
  /** Something happened to a run. */
  heard(daemonId: string, notice: Notice & { type: 'run' }): Promise<void>;
  /** A notification was clicked. */
  clicked(notificationId: string): Promise<void>;
}

/** Badge and notifications. Only the tab in front of each window has its badge counted again; the others when they come to the front. */
export function openPageAwareness(service: Service, picked: ReadonlyMap<string, string>): PageAwareness {
  async function show(tabId: number, url: string | undefined): Promise<void> {
    const sight = sightOf(service, url ?? '', picked.get(URL.parse(url ?? '')?.origin ?? ''));
    const { chosen } = sight;
    const trouble = chosen && linkWords(service.links.states.get().get(chosen.id)?.is ?? 'connecting', chosen.address)?.title;
    const { text, title } = badgeOf(sight.runs, trouble);
    await Promise.all([browser.action.setBadgeText({ tabId, text }), browser.action.setTitle({ tabId, title })]);
  }

  /** The tab may be gone by the time it is looked at. */
  const look = (tabId: number) =>
    browser.tabs.get(tabId).then(
      (tab) => show(tabId, tab.url).catch(() => undefined),
      () => undefined,
    );

  return {
    tabChanged: (tabId) => void look(tabId),
    async changed() {
      for (const { id } of await browser.tabs.query({ active: true })) if (id !== undefined) await look(id);
    },
    async heard(daemonId, { event }) {
      if (event.to !== 'needs_approval' && event.to !== 'failed') return;
      // After a stopped background the past is heard again: each is told once, and only while it is still so.
      if (!(await service.isNew(daemonId, event.seq))) return;
      const found = await service.links.client(daemonId).call('getRun', { params: { id: event.runId } });
      const daemon = service.daemon(daemonId);
      const notification = found.ok && daemon ? notificationOf(found.value.run, daemon) : undefined;
      if (notification === undefined) return;
      const iconUrl = browser.runtime.getURL('icon/128.png');
      await browser.notifications.create(`${daemonId}/${event.runId}`, { type: 'basic', iconUrl, ...notification });
    },
    async clicked(notificationId) {
      const [daemonId = '', runId = ''] = notificationId.split('/');
      const daemon = service.daemon(daemonId);
      await browser.notifications.clear(notificationId);
      if (daemon) await browser.tabs.create({ url: `${daemon.address}/codex/runs/${runId}` });
    },
  };
}
