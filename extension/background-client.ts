import { type Client, openClient } from '#shared/client.ts';
import { LinkLost } from '#shared/link.ts';
import { ask } from './ask.ts';

/** A typed caller of one daemon's doors for popup and options: the background has the connection. Rejects with `LinkLost` as the link does. */
export function openBackgroundClient(daemonId: string): Client {
  return openClient({
    async call(request) {
      const asked = await ask('call', { daemonId, ...request, params: request.params && { ...request.params } });
      if (!asked.ok) throw new LinkLost(asked.message);
      if (!asked.value.ok) throw new LinkLost(asked.value.message);
      return asked.value;
    },
  });
}
