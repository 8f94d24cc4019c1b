import * as z from 'zod/mini';
import type { Asked } from '../ask.ts';
import { type Badges, openBadges } from '../awareness/show-badges.ts';
import { type Notifications, openNotifications } from '../awareness/show-notifications.ts';
import { browser, type MessageSender } from '../browser.ts';
import { onSiteAccess } from '../inbox/site-access.ts';
import { MESSAGES, type MessageName } from '../messages.ts';
import { openDaemonSocket } from './daemon-socket.ts';
import { createHandlers, type Handlers, tellTab } from './handlers.ts';
import { keepPlaces } from './keep-places.ts';
import { enterOpenTabs } from './open-tabs.ts';
import { askerOf, mayAsk } from './senders.ts';
import { openService, type Service } from './service.ts';
import { openShelves } from './shelves.ts';
import { openWatchers, type Watchers } from './watchers.ts';

interface Running {
  service: Service;
  handlers: Handlers;
  watchers: Watchers;
  badges: Badges;
  notifications: Notifications;
}

const ALARM = 'connect';
const DRAFTS_KEPT_MS = 30 * 24 * 60 * 60 * 1_000;
const Envelope = z.object({ name: z.enum(Object.keys(MESSAGES) as [MessageName, ...MessageName[]]), body: z.unknown() });

async function open(): Promise<Running> {
  const shelves = await openShelves();
  const picked = new Map((await shelves.picked.all()).map(({ origin, daemonId }) => [origin, daemonId]));
  for (const { page, at } of await shelves.drafts.all()) if (at < Date.now() - DRAFTS_KEPT_MS) await shelves.drafts.delete(page);
  let watchers: Watchers | undefined;
  const service = await openService({
    shelves,
    origin: new URL(browser.runtime.getURL('')).origin,
    open: openDaemonSocket,
    now: Date.now,
    after(delayMs, then) {
      const timer = setTimeout(then, delayMs);
      return () => clearTimeout(timer);
    },
    heard: () => {},
    noticed: (daemonId, notice) => watchers?.noticed(daemonId, notice),
  });
  watchers = openWatchers(service, picked);
  const badges = openBadges(service, picked);
  return {
    service,
    watchers,
    badges,
    handlers: createHandlers({ service, shelves, picked, badges, placesChanged: keepPlaces(service, picked) }),
    notifications: openNotifications(service, shelves.told),
  };
}

/** What fails here is told to the browser's list of errors: of those who ask, most do not wait for the answer. */
async function answer(running: Promise<Running>, raw: unknown, sender: MessageSender): Promise<Asked<unknown>> {
  try {
    return await judge(running, raw, sender);
  } catch (error) {
    reportError(error);
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, why: 'refused', message: `The extension failed: ${why}. Try again; if it stays so, restart the browser.` };
  }
}

async function judge(running: Promise<Running>, raw: unknown, sender: MessageSender): Promise<Asked<unknown>> {
  const asker = askerOf(sender, { id: browser.runtime.id, base: browser.runtime.getURL('') });
  const envelope = z.safeParse(Envelope, raw);
  if (!asker || !envelope.success) return { ok: false, why: 'refused', message: 'This message is not known.' };
  const { name, body } = envelope.data;
  const { from, body: schema } = MESSAGES[name];
  const parsed = z.safeParse(schema, body);
  if (!mayAsk(from, asker)) return { ok: false, why: 'refused', message: 'This message may not come from here.' };
  if (!parsed.success) return { ok: false, why: 'refused', message: z.prettifyError(parsed.error) };
  const { handlers, watchers } = await running;
  const value = await handlers[name](parsed.data as never, asker);
  if (asker.is === 'page') watchers.tabChanged(asker.tabId);
  return { ok: true, value };
}

/** Where the overlay cannot be, the popup says why. A browser that opens it for nobody leaves that to the toolbar button. */
async function openOverlayOn(tabId: number): Promise<void> {
  if (!(await tellTab(tabId, { type: 'toggle' }))) await browser.action.openPopup().catch(() => undefined);
}

/**
 * The browser starts and stops this at any time. Listeners are there at once, as it demands;
 * everything else is opened from what was kept, and who asks meanwhile waits for it. Work that nobody waits for
 * (`void`) has no expected failure: one is a fault, which the browser lists among the extension's errors. Nothing here listens
 * to what tabs do: that would start it for every page of every tab. Pages that matter say so (`here`).
 */
export function startBackground(): void {
  const running = open();

  browser.runtime.onMessage.addListener((raw: unknown, sender: MessageSender) => answer(running, raw, sender));
  browser.runtime.onConnect.addListener(
    (port) =>
      void running.then(
        ({ watchers }) => watchers.add(port),
        // It could not be opened, which the browser lists by itself. Who watches tries again, seldom.
        () => port.disconnect(),
      ),
  );
  browser.notifications.onClicked.addListener((id) => void running.then(({ notifications }) => notifications.clicked(id)));
  browser.commands.onCommand.addListener((command, tab) => {
    if (command === 'open-overlay' && tab?.id !== undefined) void openOverlayOn(tab.id);
  });
  // The only thing that wakes a background that was stopped while a daemon was away.
  browser.alarms.onAlarm.addListener(({ name }) => {
    if (name === ALARM) void running.then(({ service }) => service.wake());
  });
  // Registered so that they start it: connecting is what starting does.
  browser.runtime.onStartup.addListener(() => {});
  browser.runtime.onInstalled.addListener(({ reason }) => {
    if (reason === 'install' || reason === 'update') void enterOpenTabs();
  });
  onSiteAccess(() => {
    void enterOpenTabs();
    void running.then(({ badges }) => badges.accessChanged());
  });
  void browser.alarms.create(ALARM, { periodInMinutes: 0.5 });
}
