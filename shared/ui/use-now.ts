import { useEffect, useState } from 'preact/hooks';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  if (document.visibilityState === 'hidden') return;
  for (const listener of listeners) listener();
}

/** The time in milliseconds, renewed every second with `fast`, else every 20 s, and only while the page can be seen. */
export function useNow(fast = false): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const renew = () => setNow(Date.now());
    if (fast) {
      renew();
      const own = setInterval(() => document.visibilityState === 'visible' && renew(), 1000);
      return () => clearInterval(own);
    }
    listeners.add(renew);
    timer ??= setInterval(tick, 20_000);
    document.addEventListener('visibilitychange', tick);
    return () => {
      listeners.delete(renew);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
      document.removeEventListener('visibilitychange', tick);
    };
  }, [fast]);
  return now;
}
