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
