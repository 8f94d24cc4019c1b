import type { MessageSender } from '../browser.ts';
import type { Sender } from '../messages.ts';

/** Who sent a message, as the browser says; nothing in it comes from the message itself. */
export type Asker =
  | { is: 'ours' }
  | { is: 'page'; tabId: number; windowId: number | undefined; url: string; origin: string }
  | { is: 'frame'; tabId: number; frameId: number | undefined };

/** Undefined: nobody who may say anything. `base` is where the extension's own pages are. */
export function askerOf(sender: MessageSender, own: { id: string; base: string }): Asker | undefined {
  if (sender.id !== own.id) return undefined;
  if (sender.url?.startsWith(own.base)) return sender.frameId === undefined || sender.frameId === 0 ? { is: 'ours' } : undefined;
  const tabId = sender.tab?.id;
  if (tabId === undefined) return undefined;
  const url = URL.parse(sender.url ?? '');
  if (sender.frameId !== 0 || url === null || !/^https?:$/.test(url.protocol)) return { is: 'frame', tabId, frameId: sender.frameId };
  return { is: 'page', tabId, windowId: sender.tab?.windowId, url: url.href, origin: url.origin };
}

/** Whether a message of this kind may come from there. The top frame's script is a content script like the others. */
export function mayAsk(from: readonly Sender[], asker: Asker): boolean {
  return from.includes(asker.is) || (asker.is === 'page' && from.includes('frame'));
}
