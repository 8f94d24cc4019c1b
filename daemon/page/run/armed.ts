import { useEffect, useRef, useState } from 'preact/hooks';

/** How long a decision must have been in sight before it can be made. */
const ARM_MS = 800;

/**
 * Guards a decision against clicks that were meant for something else: it is
 * armed after 800 ms in sight of a visible page, and starts anew when what is decided (`about`) changes.
 */
export function useArmed(about: string) {
  const place = useRef<HTMLDivElement>(null);
  const [armed, setArmed] = useState(false);
  useEffect(() => {
    setArmed(false);
    const element = place.current;
    if (!element) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let inSight = false;
    const judge = () => {
      clearTimeout(timer);
      setArmed(false);
      if (inSight && document.visibilityState === 'visible') timer = setTimeout(() => setArmed(true), ARM_MS);
    };
    const observer = new IntersectionObserver((entries) => {
      const now = entries.at(-1)!.isIntersecting;
      if (now === inSight) return;
      inSight = now;
      judge();
    });
    observer.observe(element);
    document.addEventListener('visibilitychange', judge);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      document.removeEventListener('visibilitychange', judge);
    };
  }, [about]);
  return { place, armed, allows: (event: Event) => armed && event.isTrusted };
}
