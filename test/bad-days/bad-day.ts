import type { House } from './house.ts';

/** What a person met on a bad day, as it was read from where they meet it. */
export interface Met {
  /** Reason code of the run, code of the answer, or how the program ended. */
  reason: string;
  /** What it says is wrong. */
  says: string;
  /** What it says to do. Empty where nothing has to be done. */
  remedy: string;
  /** What became of the preview slot. */
  slot: 'free again' | 'none was taken' | 'kept, as it must' | 'no slot in it';
  /** The bad day itself ended with a merge, so that no other run has to show that all goes on. */
  merged?: true;
}

/** A row: what goes wrong, and what must be met then. */
export interface BadDay {
  day: string;
  /** Where a person reads of it. */
  shown: string;
  live(house: House): Promise<Met>;
  reason: string;
  /** To the letter, with what differs from time to time in angle brackets. */
  says: string;
  remedy: string;
  /** Production itself was killed: it may be away for a moment and must come back. */
  blinks?: true;
}
