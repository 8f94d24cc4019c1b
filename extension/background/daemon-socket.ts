import type { LinkParts, SocketEvents } from '#shared/link.ts';

/**
 * Opens the daemon's socket. A browser does not say why a socket did not open, so when none did the
 * daemon's health is asked for: when it answers, it runs and refuses this extension.
 */
export function openDaemonSocket(address: string): LinkParts['open'] {
  return (events: SocketEvents) => {
    const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/ws`);
    let opened = false;
    socket.onopen = () => {
      opened = true;
      events.opened();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => events.received(event.data);
    socket.onclose = async ({ code }) => {
      if (!opened && (await answers(address))) events.refused?.();
      else events.closed(code);
    };
    return {
      send: (text) => socket.send(text),
      close: () => socket.close(),
    };
  };
}

async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}/healthz`, {
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(2_000),
    });
    const body: unknown = await response.json();
    return response.status === 200 && (body as { ok?: unknown } | null)?.ok === true;
  } catch {
    return false;
  }
}
