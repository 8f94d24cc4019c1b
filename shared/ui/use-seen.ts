import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Run } from '../run.ts';

const isInSight = () => document.visibilityState === 'visible';

/** Whether the document is in sight: a tab in the background shows nothing to anybody. */
function useInSight(): boolean {
  const [inSight, setInSight] = useState(isInSight);
  useEffect(() => {
    const look = () => setInSight(isInSight());
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return inSight;
}

/**
 * Marks an open run read once it is in sight, again with each version that has news. Once per version: who marks it unread
 * while it is open means it. `listed` is the run as the list knows it, which hears of marks that were made elsewhere. `mark`
 * answers whether it was kept; what was not is marked when the link is back.
 */
export function useSeen(shown: Run | undefined, listed: Run | undefined, connected: boolean, mark: (run: Run) => Promise<boolean>): void {
  const run = listed?.version === shown?.version ? listed : shown;
  const inSight = useInSight();
  const seen = useRef<string | undefined>(undefined);
  const name = run && `${run.id}/${run.version}`;
  // Before the next key can be pressed: what was on the screen was seen.
  useLayoutEffect(() => {
    if (!run || !connected || !inSight || seen.current === name) return;
    seen.current = name;
    if (!run.unread) return;
    void mark(run).then((kept) => {
      if (!kept && seen.current === name) seen.current = undefined;
    });
  }, [name, connected, inSight]);
}
