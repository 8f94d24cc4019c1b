import { findTab } from '../background/find-tab.ts';
import type { Service } from '../background/service.ts';
import { sightOf } from '../background/views.ts';
import { browser } from '../browser.ts';
import { hasSiteAccess } from '../inbox/site-access.ts';
import { linkWords } from '../words.ts';
import { type Badge, badgeOf, NO_ACCESS } from './badge.ts';

/** Amber for a person's turn, blue for work that goes on; white text is readable on both. */
const COLOURS = { calls: '#8a4b00', works: '#3b5bdb' } as const;
const GATHER_MS = 80;

export interface Badges {
  /** What a tab shows may have changed. `loads`: the browser took its badge away. */
  tabChanged(tabId: number, loads: boolean): void;
  /** The person gave or took the permission for pages. */
  accessChanged(): void;
}

async function show(tabId: number, badge: Badge): Promise<void> {
  const { action } = browser;
  await Promise.all([
    action.setBadgeText({ tabId, text: badge.text }),
    action.setTitle({ tabId, title: badge.title }),
    action.setBadgeBackgroundColor({ tabId, color: badge.calls ? COLOURS.calls : COLOURS.works }),
    action.setBadgeTextColor?.({ tabId, color: '#ffffff' }),
  ]).catch(async (error: unknown) => {
    if (await findTab(tabId)) throw error;
  });
}

/** Keeps the number of active runs on each tab's page on the toolbar button. Nothing is shown of a daemon that cannot be asked. */
export function openBadges(service: Service, picked: ReadonlyMap<string, string>): Badges {
  const shown = new Map<number, string>();
  let due: Set<number> | 'all' | undefined;

  async function judge(tab: { id?: number; url?: string }, isLetIn: boolean): Promise<void> {
    if (tab.id === undefined) return;
    const sight = sightOf(service, tab.url ?? '', picked.get(URL.parse(tab.url ?? '')?.origin ?? ''));
    const trouble =
      sight.chosen && linkWords(service.links.states.get().get(sight.chosen.id)?.is ?? 'connecting', sight.chosen.address)?.title;
    // Without a permission for it the browser does not say the address.
    const badge = isLetIn || tab.url !== undefined ? badgeOf(sight.runs, trouble) : NO_ACCESS;
    const text = JSON.stringify(badge);
    if (shown.get(tab.id) === text) return;
    shown.set(tab.id, text);
    await show(tab.id, badge);
  }

  async function judgeDue(): Promise<void> {
    const which = due;
    due = undefined;
    const [tabs, isLetIn] = await Promise.all([browser.tabs.query({}), hasSiteAccess()]);
    for (const id of shown.keys()) if (!tabs.some((tab) => tab.id === id)) shown.delete(id);
    await Promise.all(tabs.filter(({ id }) => which === 'all' || (id !== undefined && which?.has(id))).map((tab) => judge(tab, isLetIn)));
  }

  function ask(which: number | 'all'): void {
    if (due === undefined) setTimeout(() => void judgeDue(), GATHER_MS);
    if (which === 'all' || due === 'all') due = 'all';
    else due = (due ?? new Set<number>()).add(which);
  }

  ask('all');
  for (const told of [service.runsChanged, service.daemons, service.links.states, service.asked]) told.watch(() => ask('all'));
  return {
    tabChanged(tabId, loads) {
      if (loads) shown.delete(tabId);
      ask(tabId);
    },
    accessChanged: () => ask('all'),
  };
}
