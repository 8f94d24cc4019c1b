import { createContext } from 'preact';
import { useContext, useEffect, useMemo } from 'preact/hooks';
import type { DoorName, DoorReply } from '#shared/api.ts';
import { ROLES, type Role } from '#shared/audit.ts';
import type { CallArguments } from '#shared/client.ts';
import { openObservable } from '#shared/observable.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import type { Known } from './cache.ts';
import type { Session } from './session.ts';

export const SessionContext = createContext<Session | undefined>(undefined);

/** The session of the page; only below its provider. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession outside of SessionContext');
  return session;
}

const NOTHING = openObservable<Known<never>>({});

/** The reply of a reading door, kept fresh while shown. `undefined` as request asks nothing. */
export function useDoor<N extends DoorName>(door: N, request: CallArguments<N> | undefined): Known<DoorReply<N>> {
  const { cache } = useSession();
  const name = JSON.stringify([door, request]);
  const entry = useMemo(() => (request ? cache.entry(door, request) : undefined), [cache, name]);
  useEffect(() => entry?.hold(), [entry]);
  return useObserved(entry?.known ?? NOTHING);
}

/** Whether the person of this page may do what needs `role`. False while it is not known. */
export function useMay(role: Role): boolean {
  const status = useObserved(useSession().status);
  return status !== undefined && ROLES.indexOf(status.you.role) >= ROLES.indexOf(role);
}
