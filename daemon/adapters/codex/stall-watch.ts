import type { Clock } from '../../ports.ts';

/** Notices when nothing happens any more. */
export interface StallWatch {
  touch(): void;
  stop(): void;
}

/** Calls `onStall` once when `stallMs` have passed since the last sign of life. */
export function startStallWatch(clock: Clock, stallMs: number, onStall: () => void): StallWatch {
  let last = clock.elapsed();
  let cancel = () => {};
  const arm = (delayMs: number) => {
    cancel = clock.after(delayMs, () => {
      const left = last + stallMs - clock.elapsed();
      if (left > 0) arm(left);
      else onStall();
    });
  };
  arm(stallMs);
  return {
    touch() {
      last = clock.elapsed();
    },
    stop: () => cancel(),
  };
}
