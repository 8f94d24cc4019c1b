import type { Page, Worker } from '@playwright/test';
import type { MessageBody, MessageName, Replies } from '../../extension/messages.ts';

interface Chrome {
  runtime: { sendMessage(message: unknown): Promise<unknown> };
  action: Record<'getBadgeText' | 'getTitle', (about: { tabId: number }) => Promise<string>>;
  notifications: {
    getAll(): Promise<Record<string, boolean>>;
    clear(id: string): Promise<boolean>;
    onClicked: { dispatch(id: string): void };
  };
}

/** Says to the background what popup and options would, from one of the extension's pages. */
export async function tell<N extends MessageName>(page: Page, name: N, body: MessageBody<N>): Promise<Replies[N]> {
  const asked = await page.evaluate((message) => (globalThis as unknown as { chrome: Chrome }).chrome.runtime.sendMessage(message), {
    name,
    body,
  });
  const { ok, value, message } = asked as { ok: boolean; value: Replies[N]; message?: string };
  if (!ok) throw new Error(message);
  return value;
}

/** Text and title of the toolbar button on a tab. */
export function badgeOn(worker: Worker, tabId: number): Promise<{ text: string; title: string }> {
  return worker.evaluate(async (id) => {
    const { action } = (globalThis as unknown as { chrome: Chrome }).chrome;
    return { text: await action.getBadgeText({ tabId: id }), title: await action.getTitle({ tabId: id }) };
  }, tabId);
}

/** Ids of the notifications that stand now. */
export function notificationsOf(worker: Worker): Promise<string[]> {
  return worker.evaluate(async () => Object.keys(await (globalThis as unknown as { chrome: Chrome }).chrome.notifications.getAll()));
}

/** Takes all of them away, as a person does who read them. */
export function clearNotifications(worker: Worker): Promise<void> {
  return worker.evaluate(async () => {
    const { notifications } = (globalThis as unknown as { chrome: Chrome }).chrome;
    for (const id of Object.keys(await notifications.getAll())) await notifications.clear(id);
  });
}

/** Clicks one, as the browser tells it. */
export function clickNotification(worker: Worker, id: string): Promise<void> {
  return worker.evaluate((clicked) => (globalThis as unknown as { chrome: Chrome }).chrome.notifications.onClicked.dispatch(clicked), id);
}
