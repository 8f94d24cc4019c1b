import type { Page, Worker } from '@playwright/test';
import type { MessageBody, MessageName, Replies } from '../../extension/messages.ts';
import type { Chrome } from './chrome-api.ts';

declare const chrome: Chrome;

/** Says to the background what popup and options would, from one of the extension's pages. */
export async function tell<N extends MessageName>(page: Page, name: N, body: MessageBody<N>): Promise<Replies[N]> {
  const asked = await page.evaluate((message) => chrome.runtime.sendMessage(message), { name, body });
  const { ok, value, message } = asked as { ok: boolean; value: Replies[N]; message?: string };
  if (!ok) throw new Error(message);
  return value;
}

/** Text and title of the toolbar button on a tab. */
export function badgeOn(worker: Worker, tabId: number): Promise<{ text: string; title: string }> {
  return worker.evaluate(async (about) => ({ text: await chrome.action.getBadgeText(about), title: await chrome.action.getTitle(about) }), {
    tabId,
  });
}

/** Ids of the notifications that stand now. */
export function notificationsOf(worker: Worker): Promise<string[]> {
  return worker.evaluate(async () => Object.keys(await chrome.notifications.getAll()));
}

/** Takes all of them away, as a person does who read them. */
export function clearNotifications(worker: Worker): Promise<void> {
  return worker.evaluate(async () => {
    for (const id of Object.keys(await chrome.notifications.getAll())) await chrome.notifications.clear(id);
  });
}

/** Clicks one, as the browser tells it. */
export function clickNotification(worker: Worker, id: string): Promise<void> {
  return worker.evaluate((clicked) => chrome.notifications.onClicked.dispatch(clicked), id);
}
