import type { Clock } from '../ports.ts';
import type { HttpLimits } from './limits.ts';

/** Where a stream's text goes. */
export interface Outlet {
  send(text: string): void;
  /** Bytes sent and not yet taken by the other side. */
  unread(): number;
  /** Calls `then` once when everything sent so far was taken. */
  whenTaken(then: () => void): void;
  /** Gives the reader up; it connects again and resumes. */
  drop(why: string): void;
}

export interface Source<T> {
  /** Delivers what lies after `from` and follows, in one synchronous step, while `take` answers true. */
  open(from: number, take: (item: T) => boolean): () => void;
  /** Where to resume after this item. */
  after(item: T): number;
  text(item: T): string;
}

/**
 * Sends a resumable source to a reader at the reader's pace. A long past is not
 * piled up in memory: the pump stops reading it while the reader is behind and
 * opens the source again where it stopped. Live, a reader too far behind is dropped.
 */
export function pump<T>(
  source: Source<T>,
  from: number,
  outlet: Outlet,
  clock: Clock,
  limits: Pick<HttpLimits, 'unreadBytes' | 'replayBytes' | 'stallMs'>,
): () => void {
  let position = from;
  let stopped = false;
  let close = () => {};

  const giveUp = (why: string) => {
    if (stopped) return;
    stopped = true;
    outlet.drop(why);
  };
  const resume = () => {
    try {
      follow();
    } catch (error) {
      giveUp(String(error)); // the source cannot be read; the reader comes back and resumes
    }
  };
  const follow = () => {
    let past = true;
    let going = true;
    const end = source.open(position, (item) => {
      if (stopped || !going) return false;
      if (outlet.unread() > limits.unreadBytes) {
        giveUp('it does not read');
        return false;
      }
      position = Math.max(position, source.after(item));
      outlet.send(source.text(item));
      if (past) going = outlet.unread() <= limits.replayBytes;
      return going;
    });
    past = false;
    close = end;
    if (going) return;
    end();
    const cancel = clock.after(limits.stallMs, () => giveUp('it takes nothing'));
    close = cancel;
    outlet.whenTaken(() => {
      cancel();
      if (!stopped) resume();
    });
  };
  resume();

  return () => {
    stopped = true;
    close();
  };
}
