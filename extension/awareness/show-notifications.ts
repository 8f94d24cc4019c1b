import { faceOf } from '#shared/news.ts';
import { openRunPage } from '../background/open-run-page.ts';
import type { Service } from '../background/service.ts';
import type { Shelf, Told } from '../background/shelves.ts';
import { browser } from '../browser.ts';
import { type Call, callsOf, readCallKey } from './calls.ts';
import { loadNoticeSettings } from './notice-settings-store.ts';

const GATHER_MS = 150;
/** More at once are said in one: after a long absence nobody wants a wall of them. */
const SINGLY = 3;
const KEPT_LIMIT = 1_000;
const MANY = /^many\/(dmn_[0-9a-f]{16})$/;

export interface Notifications {
  /** A person clicked one. The background may have been started by that click. */
  clicked(id: string): Promise<void>;
}

async function say(id: string, title: string, message: string): Promise<void> {
  await browser.notifications.create(id, { type: 'basic', iconUrl: browser.runtime.getURL('icon/128.png'), title, message });
}

/**
 * Says once per run and state that it needs approval or failed. What was said is put down first,
 * so that a background that is stopped at any moment never says a thing twice.
 */
export function openNotifications(service: Service, told: Shelf<Told>): Notifications {
  let isDue = false;
  /** Of what was put down or found there in this life: the disk is not asked again for each of many notices. */
  const down = new Set<string>();
  let turn: Promise<void> = Promise.resolve();

  async function tell(daemonId: string, calls: readonly Call[]): Promise<void> {
    if (calls.length <= SINGLY) {
      for (const { key, title, message } of calls) await say(key, title, message);
      return;
    }
    const titles = calls.slice(0, SINGLY).map(({ message }) => message.split('\n')[0]);
    await say(`many/${daemonId}`, `${calls.length} runs need you or failed`, `${titles.join('\n')}\n…`);
  }

  /** Takes away what is not so any more. */
  async function withdraw(): Promise<void> {
    for (const id of Object.keys(await browser.notifications.getAll())) {
      const about = readCallKey(id);
      const run = about && service.runs(about.daemonId)?.known(about.runId);
      if (run && faceOf(run) !== about.face) await browser.notifications.clear(id);
    }
  }

  async function judge(): Promise<void> {
    const settings = await loadNoticeSettings();
    for (const daemon of service.daemons.get()) {
      const view = service.runs(daemon.id)?.view.get();
      if (!view?.loaded) continue;
      const fresh: Call[] = [];
      for (const call of callsOf(daemon, view.runs)) {
        if (down.has(call.key)) continue;
        down.add(call.key);
        if (await told.add({ key: call.key, at: Date.now() })) fresh.push(call);
      }
      await tell(
        daemon.id,
        fresh.filter(({ kind }) => settings[kind]),
      );
    }
    await withdraw();
  }

  async function prune(): Promise<void> {
    const kept = (await told.all()).sort((a, b) => b.at - a.at);
    for (const { key } of kept.slice(KEPT_LIMIT)) await told.delete(key);
  }

  function changed(): void {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      // One that failed is the browser's to report, and keeps no later one back.
      turn = turn.then(judge, judge);
    }, GATHER_MS);
  }

  turn = prune();
  changed();
  service.runsChanged.watch(changed);
  service.daemons.watch(changed);
  return {
    async clicked(id) {
      const about = readCallKey(id);
      const daemonId = about?.daemonId ?? MANY.exec(id)?.[1];
      const daemon = daemonId === undefined ? undefined : service.daemon(daemonId);
      await browser.notifications.clear(id);
      if (!daemon) return;
      await openRunPage(daemon.address, about?.runId);
    },
  };
}
