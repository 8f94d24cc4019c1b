import { useEffect } from 'preact/hooks';
import type { DoorName, DoorReply, RunDetail } from '#shared/api.ts';
import type { Run } from '#shared/run.ts';
import type { FollowFacts } from '#shared/ui/may-follow.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import { goTo } from '../navigation.ts';
import { useSession } from '../session-context.ts';
import { type Act, useAct } from '../use-act.ts';

/** What decides whether this person may act on the run now. */
export function useFacts({ run, children }: RunDetail): FollowFacts {
  const session = useSession();
  const status = useObserved(session.status);
  const connected = useObserved(session.link.state).is === 'ready';
  return { run, children, status, connected };
}

/** Doors that answer a run: the one they are about, or the one that came from it. */
type RunDoor = { [N in DoorName]: DoorReply<N> extends { run: Run } ? N : never }[DoorName];

/** An act on a run whose answer is that run. What the daemon answers is shown at once; when it refuses, the run is read again. */
export function useRunAct<N extends RunDoor>(door: N, run: Run, done?: (run: Run) => void): Act<N> {
  const session = useSession();
  const act = useAct(door, (reply) => {
    const { run: next } = reply as { run: Run };
    session.runs.take(next);
    session.cache.amend('getRun', { params: { id: next.id } }, (known) =>
      known.run.version <= next.version ? { ...known, run: next } : known,
    );
    done?.(next);
  });
  const refused = act.state.is === 'refused';
  useEffect(() => {
    if (refused) session.cache.touch((name, params) => params?.id === run.id && (name === 'getRun' || name === 'getDiff'));
  }, [refused]);
  return act;
}

/** An act that makes another run: goes there. */
export function useChildAct<N extends RunDoor>(door: N, parent: Run, done?: () => void): Act<N> {
  const session = useSession();
  return useRunAct(door, parent, (child) => {
    session.cache.touch((name, params) => name === 'getRun' && params?.id === parent.id);
    done?.();
    goTo({ screen: 'run', id: child.id, tab: 'overview' });
  });
}
