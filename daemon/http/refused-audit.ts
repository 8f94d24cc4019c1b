import type { Clock } from '../ports.ts';
import type { RefusedEntry } from './handlers.ts';
import { createTokenBucket } from './token-bucket.ts';

const FIRST_WINDOW_MS = 1_000;
const LONGEST_WINDOW_MS = 60_000;
/** New kinds told by themselves: so many at once, then so many a second. The rest are told as one kind. */
const KINDS_AT_ONCE = 60;
const KINDS_PER_SECOND = 1 / 6;
const SUBJECT_CHARACTERS = 120;

type Refused = Omit<RefusedEntry, 'repeats'>;

export interface RefusedAudit {
  refused(entry: Refused): void;
  /** Reports what was counted and not yet told. */
  close(): void;
}

/**
 * Tells the audit log of refused requests without letting a flood fill it. The
 * first of a kind is told at once, repeats are counted and told once a window;
 * the window doubles while the flood lasts. Strangers have a budget of their own,
 * so that their noise hides nothing a paired device did.
 */
export function openRefusedAudit(clock: Clock, tell: (entry: RefusedEntry) => void): RefusedAudit {
  const kinds = new Map<string, { last: Refused; repeats: number; cancel: () => void }>();
  const budget = () => createTokenBucket(clock, KINDS_PER_SECOND, KINDS_AT_ONCE);
  const mayTell = { device: budget(), stranger: budget() };

  const watch = (kind: string, windowMs: number, last: Refused) => {
    const cancel = clock.after(windowMs, () => {
      const counted = kinds.get(kind);
      kinds.delete(kind);
      if (!counted || counted.repeats === 0) return;
      tell({ ...counted.last, repeats: counted.repeats });
      watch(kind, Math.min(windowMs * 2, LONGEST_WINDOW_MS), counted.last);
    });
    kinds.set(kind, { last, repeats: 0, cancel });
  };

  return {
    refused(entry) {
      const who = entry.deviceId === undefined ? 'stranger' : 'device';
      let told: Refused = { ...entry, subject: entry.subject.slice(0, SUBJECT_CHARACTERS) };
      let kind = `${told.actor} ${told.code} ${told.subject}`;
      if (!kinds.has(kind) && !mayTell[who]()) {
        kind = `others ${who}`;
        told = { ...told, subject: 'others' };
      }
      const counted = kinds.get(kind);
      if (counted) {
        counted.last = told;
        counted.repeats += 1;
        return;
      }
      tell({ ...told, repeats: 1 });
      watch(kind, FIRST_WINDOW_MS, told);
    },
    close() {
      for (const { last, repeats, cancel } of kinds.values()) {
        cancel();
        if (repeats > 0) tell({ ...last, repeats });
      }
      kinds.clear();
    },
  };
}
