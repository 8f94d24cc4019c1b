import type { MessageBody, MessageName, Replies, TabMessage } from './messages.ts';

/** What the background answered. `gone`: the extension was updated or removed under this page; a reload helps. */
export type Asked<T> = { ok: true; value: T } | { ok: false; why: 'gone' | 'refused'; message: string };

/** A connection to the background that sends updates. */
export interface Updates {
  onMessage: { addListener(then: (message: unknown) => void): void };
  onDisconnect: { addListener(then: () => void): void };
  disconnect(): void;
}

interface Runtime {
  id?: string;
  sendMessage(message: unknown): Promise<unknown>;
  connect(info: { name: string }): Updates;
  onMessage: { addListener(then: (message: unknown) => unknown): void };
}

/**
 * The few calls a content script makes, on the browser's own promises: the polyfill would cost
 * every page on the web three kilobytes more than this.
 */
function runtime(): Runtime | undefined {
  const { browser, chrome } = globalThis as { browser?: { runtime?: Runtime }; chrome?: { runtime?: Runtime } };
  const found = browser?.runtime ?? chrome?.runtime;
  return found?.id === undefined ? undefined : found;
}

/** Whether the extension was updated or removed under this script. */
export const isGone = (): boolean => runtime() === undefined;

export const GONE = {
  ok: false,
  why: 'gone',
  message: 'Codex Builder was updated or turned off. Reload this page to use it here again.',
} as const;

/** Asks the background, waking it when it sleeps. */
export async function ask<N extends MessageName>(name: N, body: MessageBody<N>): Promise<Asked<Replies[N]>> {
  const found = runtime();
  if (!found) return GONE;
  try {
    return ((await found.sendMessage({ name, body })) ?? GONE) as Asked<Replies[N]>;
  } catch (error) {
    if (!runtime()) return GONE;
    return {
      ok: false,
      why: 'refused',
      message: `The extension did not take that: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** Tells the background what nobody waits for an answer to; an extension that is gone hears nothing. */
export function tell<N extends MessageName>(name: N, body: MessageBody<N>): void {
  runtime()
    ?.sendMessage({ name, body })
    .catch(() => undefined); // it went away meanwhile
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Hears of changes until the answer is called. The browser may stop the background at any time,
 * which ends the connection: it is opened again, which wakes the background. `gone` is called when there
 * is none any more, because the extension was updated or removed.
 */
export function watch<T>(name: string, then: (update: T) => void, gone: () => void = () => {}): () => void {
  let stopped = false;
  let open: Updates | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  const connect = () => {
    if (stopped) return;
    open = runtime()?.connect({ name });
    if (!open) gone();
    open?.onMessage.addListener((update) => {
      pauseMs = FIRST_PAUSE_MS;
      then(update as T);
    });
    // Not at once: who is turned away must not knock without end.
    open?.onDisconnect.addListener(() => {
      setTimeout(connect, pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    });
  };
  connect();
  return () => {
    stopped = true;
    // Of an extension that was updated or removed the connection is over, and says so by throwing.
    if (!isGone()) open?.disconnect();
  };
}

/** Hears what the background says to this tab. */
export function onTabMessage(then: (message: TabMessage) => void): void {
  runtime()?.onMessage.addListener((message) => {
    const { type, text, frameId } = (message ?? {}) as { type?: unknown; text?: unknown; frameId?: unknown };
    if (type === 'toggle') then({ type, ...(typeof frameId === 'number' && { frameId }) });
    if (type === 'press') then({ type });
    if (type === 'typed' && typeof text === 'string') then({ type, text });
    return undefined;
  });
}
