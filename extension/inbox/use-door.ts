import { useEffect, useState } from 'preact/hooks';
import type { DoorName, DoorReply } from '#shared/api.ts';
import type { CallArguments } from '#shared/client.ts';
import { LinkLost } from '#shared/link.ts';
import type { Inbox } from './inbox-store.ts';

export interface Answer<T> {
  value?: T;
  /** Why there is none. */
  problem?: string;
}

/** The reply of a reading door, read again when `version` changes; the last one stays until the next is there. `undefined` asks nothing. */
export function useDoor<N extends DoorName>(
  inbox: Inbox,
  daemonId: string,
  door: N,
  request: CallArguments<N> | undefined,
  version: unknown,
): Answer<DoorReply<N>> {
  const name = JSON.stringify([daemonId, door, request]);
  const [answer, setAnswer] = useState<{ name: string } & Answer<DoorReply<N>>>({ name });
  useEffect(() => {
    if (!request) return undefined;
    let isMeant = true;
    inbox
      .client(daemonId)
      .call(door, request)
      .then(
        (result) => isMeant && setAnswer(result.ok ? { name, value: result.value } : { name, problem: result.message }),
        (lost: unknown) => {
          if (!(lost instanceof LinkLost)) throw lost;
        },
      );
    return () => {
      isMeant = false;
    };
  }, [name, version]);
  return answer.name === name ? answer : {};
}
