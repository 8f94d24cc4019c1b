import { useEffect, useRef, useState } from 'preact/hooks';

/** How long a decision must have been in sight before it can be made. */
export const ARM_MS = 800;

/** What a guard is told, and what it answers. */
export interface Guard {
  armed(): boolean;
  /** The decision came into sight or left it. */
  sight(inSight: boolean): void;
  /** The page came to the front or went behind. */
  front(visible: boolean): void;
  end(): void;
}

export interface GuardParts {
  /** Calls `then` once after so many milliseconds; the answer cancels it. */
  after(delayMs: number, then: () => void): () => void;
  changed(armed: boolean): void;
}

/**
 * Guards a decision against clicks that were meant for something else: it is
 * armed once it has been in sight of a page at the front for 800 ms on end, and disarmed as soon as it is not.
 */
export function openGuard({ after, changed }: GuardParts, visible: boolean): Guard {
  let inSight = false;
  let armed = false;
  let cancel: (() => void) | undefined;

  function set(next: boolean): void {
    if (armed === next) return;
    armed = next;
    changed(next);
  }

  function judge(): void {
    cancel?.();
    cancel = undefined;
    set(false);
    if (inSight && visible) cancel = after(ARM_MS, () => set(true));
  }

  return {
    armed: () => armed,
    sight(now) {
      if (now === inSight) return;
      inSight = now;
      judge();
    },
    front(now) {
      if (now === visible) return;
      visible = now;
      judge();
    },
    end: () => cancel?.(),
  };
}

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
