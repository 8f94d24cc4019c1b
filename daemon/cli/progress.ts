import type { Run } from '#shared/run.ts';
import { countdown, duration } from '#shared/ui/relative-time.ts';
import { stateWords } from '#shared/ui/state-words.ts';
import type { Terminal } from './terminal.ts';
import { visible } from './visible.ts';

/** A state that was passed this quickly is told without its time. */
const NOT_WORTH_TELLING_MS = 100;

/** Tells how a run gets on: each state as a line of its own; on a terminal the present one counts its time. */
export interface Progress {
  show(run: Run): void;
  /** Says something between the lines. */
  note(text: string): void;
  end(): void;
}

/** `silent`: nothing is told, for a program that reads JSON. */
export function openProgress({ err, live, paint }: Terminal, silent: boolean): Progress {
  let present: { line: string; since: number; etaAt: number | undefined } | undefined;
  let ticking: NodeJS.Timeout | undefined;

  const draw = () => {
    if (present === undefined) return;
    const passed = Date.now() - present.since;
    const left =
      present.etaAt === undefined || present.etaAt < Date.now()
        ? ''
        : `, about ${countdown(new Date(present.etaAt).toISOString(), Date.now())} left`;
    live?.(`  ${present.line}${passed < 1_000 ? '' : `  ${paint('dim', `${duration(Math.floor(passed / 1000) * 1000)}${left}`)}`}`);
  };
  const settle = () => {
    clearInterval(ticking);
    if (present !== undefined && live !== undefined) {
      const passed = Date.now() - present.since;
      live(`  ${present.line}${passed < NOT_WORTH_TELLING_MS ? '' : `  ${paint('dim', duration(passed))}`}`);
      err('\n');
    }
    present = undefined;
  };

  return {
    show(run) {
      if (silent) return;
      const line = progressLine(run);
      if (present?.line === line) return;
      settle();
      present = { line, since: Date.now(), etaAt: run.etaMs === undefined ? undefined : Date.now() + run.etaMs };
      if (live === undefined) err(`  ${line}\n`);
      else {
        draw();
        ticking = setInterval(draw, 1_000);
        ticking.unref();
      }
    },
    note(text) {
      if (silent) return;
      live?.('');
      err(`  ${text}\n`);
      draw();
    },
    end() {
      if (present !== undefined && live === undefined) present = undefined;
      settle();
    },
  };
}

function progressLine(given: Run): string {
  const run = visible(given);
  const place = run.state === 'queued' && run.queuePosition !== undefined ? `number ${run.queuePosition} in the queue` : '';
  const why = run.reason === undefined || run.endedAt !== undefined ? '' : run.reason.message;
  const about = [place, why || run.stage || ''].filter((text) => text !== '').join('; ');
  return `${stateWords(run).label.padEnd(14)}  ${about}`.trimEnd();
}
