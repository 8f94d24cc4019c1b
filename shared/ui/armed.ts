import { useEffect, useRef, useState } from 'preact/hooks';
import { type Guard, openGuard } from '#shared/ui/guard.ts';

/** The guard of a decision that is drawn at `place`. It starts anew when what is decided (`about`) changes. */
export function useArmed(about: string) {
  const place = useRef<HTMLDivElement>(null);
  const guard = useRef<Guard | undefined>(undefined);
  const [armed, setArmed] = useState(false);
  const [tooEarly, setTooEarly] = useState(false);
  useEffect(() => {
    setArmed(false);
    setTooEarly(false);
    const element = place.current;
    if (!element) return undefined;
    const after = (delayMs: number, then: () => void) => {
      const timer = setTimeout(then, delayMs);
      return () => clearTimeout(timer);
    };
    const changed = (now: boolean) => {
      setArmed(now);
      if (now) setTooEarly(false);
    };
    const own = openGuard({ after, changed }, document.visibilityState === 'visible');
    guard.current = own;
    const observer = new IntersectionObserver((entries) => own.sight(entries.at(-1)!.isIntersecting));
    observer.observe(element);
    const look = () => own.front(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', look);
    return () => {
      own.end();
      guard.current = undefined;
      observer.disconnect();
      document.removeEventListener('visibilitychange', look);
    };
  }, [about]);
  return {
    place,
    armed,
    /** A person clicked before it was armed, and should be told why nothing happened. */
    tooEarly,
    /** Whether this click decides: a person's, on an armed decision. A script's click never does. */
    allows(event: Event): boolean {
      if (!event.isTrusted) return false;
      const allowed = guard.current?.armed() ?? false;
      setTooEarly(!allowed);
      return allowed;
    },
  };
}
