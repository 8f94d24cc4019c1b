import type { ErrorCode } from '#shared/errors.ts';
import type { RunState } from '#shared/run.ts';

/** Exit codes of the command line; from 64 on they are those of sysexits.h. */
export const EXIT = {
  refused: 1,
  failed: 10,
  canceled: 11,
  expired: 12,
  usage: 64,
  unreachable: 69,
  internal: 70,
  later: 75,
  version: 76,
  notAllowed: 77,
  cannot: 78,
  interrupted: 130,
} as const;

/** The same, for people. */
export const EXIT_WORDS: Readonly<Record<number, string>> = {
  0: 'done; of a command that waits: the run needs approval, or is merged',
  [EXIT.refused]: 'refused, or something needs attention',
  [EXIT.failed]: 'the run, or the release, failed',
  [EXIT.canceled]: 'the run was canceled',
  [EXIT.expired]: 'the run expired',
  [EXIT.usage]: 'called wrongly',
  [EXIT.unreachable]: 'no daemon answers',
  [EXIT.internal]: 'Codex Builder itself failed',
  [EXIT.later]: 'not now: the queue is full, or another daemon has the state folder',
  [EXIT.version]: 'daemon and command line do not fit together',
  [EXIT.notAllowed]: 'you are not signed in, or may not do this',
  [EXIT.cannot]: 'this machine or the settings cannot do it',
  [EXIT.interrupted]: 'Ctrl-C; the run goes on',
};

const OF_CODE: Partial<Record<ErrorCode | 'unreadable_reply', number>> = {
  unauthorized: EXIT.notAllowed,
  forbidden: EXIT.notAllowed,
  version_mismatch: EXIT.version,
  unreadable_reply: EXIT.version,
  queue_full: EXIT.later,
  too_many_tries: EXIT.later,
  degraded: EXIT.later,
  internal: EXIT.internal,
};

/** The exit code of a refusal. */
export const exitOfRefusal = (code: ErrorCode | 'unreadable_reply'): number => OF_CODE[code] ?? EXIT.refused;

/** The exit code of a command that waited for a run. */
export const exitOfRun = (state: RunState): number => (state === 'failed' || state === 'canceled' || state === 'expired' ? EXIT[state] : 0);

/** The command was called in a way it does not know. */
export class UsageError extends Error {}
