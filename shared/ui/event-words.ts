import { REASONS, type ReasonCode } from '../reasons.ts';
import type { RunEvent } from '../run.ts';
import { span } from './relative-time.ts';
import { STATE_WORDS, type Tone } from './state-words.ts';

/** An event in words: one sentence, perhaps a detail below it. */
export interface EventWords {
  text: string;
  detail?: string;
  tone: Tone;
}

type Payload = RunEvent['payload'];

function word(payload: Payload, key: string): string {
  const value = payload[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function commit(payload: Payload, key = 'commit'): string {
  return word(payload, key).slice(0, 8) || 'a commit';
}

function plural(count: string, one: string): string {
  return `${count || '0'} ${count === '1' ? one : `${one}s`}`;
}

const ENDS: Readonly<Record<string, string>> = {
  finished: 'finished',
  stopped: 'was stopped',
  timed_out: 'ran out of time and was stopped',
  stalled: 'went silent and was stopped',
  over_budget: 'used up its budget and was stopped',
  failed: 'ended with an error',
  interrupted: 'was interrupted by a restart and will go on',
};

const STATUSES: Readonly<Record<string, { words: string; tone: Tone }>> = {
  passed: { words: 'passed', tone: 'good' },
  failed: { words: 'failed', tone: 'bad' },
  timed_out: { words: 'ran out of time', tone: 'bad' },
  stopped: { words: 'was stopped', tone: 'muted' },
};

const VERDICTS: Readonly<Record<string, EventWords>> = {
  clear: { text: 'The review is complete. Nothing in the policy stands against it.', tone: 'attention' },
  manual_approval_required: { text: 'The review is complete. The policy names what to look at.', tone: 'attention' },
  blocked: { text: 'The review is complete. The policy blocks this change.', tone: 'bad' },
};

const UPSTREAMS: Readonly<Record<string, string>> = {
  in_step: 'Your repository has the new main too.',
  ahead: 'Your repository was left as it is.',
  diverged: 'Your repository went another way and was left as it is.',
  offline: 'Your repository could not be reached.',
};

/** Where a check ran, for people: on the run's own commit or on the merge. */
export function stageWords(stage: string): string {
  return stage === 'gate' ? 'on the merge' : 'on the branch';
}

type Teller = (payload: Payload, actor: string) => EventWords;
const say =
  (text: string, tone: Tone = 'neutral'): Teller =>
  () => ({ text, tone });

// biome-ignore format: a table is read by column
const TELLERS: Readonly<Record<string, Teller>> = {
  'run.requested':        (p, actor) => requested(p, actor),
  'run.waiting':          say('Waiting.'),
  'slot.leased':          (p) => ({ text: `Took slot ${word(p, 'slot')}.`, tone: 'neutral' }),
  'worktree.prepared':    (p) => ({ text: `Worktree ready on ${commit(p, 'baseCommit')}.`, detail: word(p, 'branch'), tone: 'neutral' }),
  'data.reset':           (p) => (word(p, 'kind') === 'none' ? { text: 'The app has no preview data to reset.', tone: 'neutral' } : { text: 'Preview data reset from the seed.', detail: word(p, 'seedVersion') && `Seed ${word(p, 'seedVersion')}`, tone: 'neutral' }),
  'data.migrated':        (p) => migrated(p),
  'editing.began':        say('Codex may edit the worktree now.'),
  'proposal.began':       say('Safe mode: Codex reads the app and proposes a patch. It can change nothing.'),
  'attempt.started':      (p) => ({ text: `Codex started working (attempt ${word(p, 'attempt') || '1'}).`, tone: 'working' }),
  'attempt.threaded':     (p) => ({ text: 'Codex opened its thread.', detail: word(p, 'threadId'), tone: 'neutral' }),
  'attempt.interrupted':  (p) => ({ text: `A restart interrupted Codex (attempt ${word(p, 'attempt') || '1'}). It goes on in the same thread.`, tone: 'attention' }),
  'attempt.ended':        (p) => attemptEnded(p),
  'attempt.continued':    (p) => ({ text: `Turn ${word(p, 'attempt') || '1'} ended. Codex goes on with what it was told.`, tone: 'working' }),
  'message.sent':         (p, actor) => ({ text: `${actor} said something to Codex. It is the next turn.`, detail: word(p, 'text'), tone: 'neutral' }),
  'patch.proposed':       say('Codex proposed a patch. Nothing is applied until a person says so.', 'attention'),
  'patch.applied':        (p, actor) => ({ text: `${actor} had the patch applied as ${commit(p)}.`, tone: 'good' }),
  'snapshot.committed':   (p) => ({ text: word(p, 'files') ? `Committed ${plural(word(p, 'files'), 'file')} as ${commit(p)}.` : `Committed the change as ${commit(p)}.`, tone: 'neutral' }),
  'check.started':        (p) => ({ text: `Check ${word(p, 'name')} started ${stageWords(word(p, 'stage'))}.`, tone: 'working' }),
  'check.ended':          (p) => checkEnded(p),
  'checks.passed':        say('Every required check passed.', 'good'),
  'preview.started':      (p) => ({ text: `Preview started with ${commit(p)}.`, detail: word(p, 'url'), tone: 'neutral' }),
  'smoke.passed':         say('The preview answered on every visited page.', 'good'),
  'preview.ready':        say('The change is live on its preview.', 'good'),
  'review.assembled':     (p) => verdictWords(p),
  'approval.recorded':    (_p, actor) => ({ text: `${actor} gave an approval.`, tone: 'good' }),
  'run.approved':         (p, actor) => ({ text: `${word(p, 'actor') || actor} approved ${commit(p, 'headCommit')}.`, tone: 'good' }),
  'run.rejected':         (p, actor) => ({ text: `${actor} rejected the change.`, detail: word(p, 'text') || word(p, 'reason'), tone: 'bad' }),
  'merge.started':        say('Merging began.', 'working'),
  'candidate.built':      (p) => ({ text: `Built the merge ${commit(p)} on main at ${commit(p, 'base')}.`, tone: 'neutral' }),
  'gate.passed':          say('The merge passed its checks.', 'good'),
  'candidate.superseded': say('main moved meanwhile. The merge is built and checked again.', 'attention'),
  'approval.voided':      say('main moved and the verdict changed. The approval no longer holds.', 'attention'),
  'landing.started':      say('main is about to be moved.', 'working'),
  'main.moved':           (p) => ({ text: `main moved to ${commit(p)}.`, tone: 'good' }),
  'upstream.followed':    (p) => ({ text: UPSTREAMS[word(p, 'state')] ?? 'Your repository was brought along.', detail: word(p, 'detail') || word(p, 'why'), tone: word(p, 'state') === 'in_step' ? 'neutral' : 'attention' }),
  'release.prepared':     say('The release is built and ready to start.'),
  'release.live':         say('The release is live in production.', 'good'),
  'release.failed':       (p) => ({ text: `The release failed${word(p, 'step') ? ` at the step “${word(p, 'step')}”` : ''}. Production was not touched.`, detail: word(p, 'detail'), tone: 'bad' }),
  'main.undone':          (p) => undone(p),
  'run.merged':           say('Merged and released.', 'good'),
  'run.failed':           (p) => ({ text: failed(word(p, 'reason')), detail: word(p, 'detail'), tone: 'bad' }),
  'run.canceled':         (p, actor) => ({ text: `${actor} canceled the run.`, detail: word(p, 'detail'), tone: 'muted' }),
  'run.expired':          say('The run expired. Its branch is kept.', 'muted'),
  'slot.released':        say('Gave the slot back.'),
  'preview.stopped':      say('Preview stopped.'),
  'repair.began':         (p) => ({ text: `Codex was shown the failed checks and mends them (repair ${word(p, 'repair') || '1'}).`, detail: word(p, 'detail'), tone: 'working' }),
  'run.archived':         (_p, actor) => ({ text: `${actor} archived the run.`, tone: 'muted' }),
  'run.unarchived':       (_p, actor) => ({ text: `${actor} took the run out of the archive.`, tone: 'neutral' }),
  'preview.ended':        (p) => ({ text: 'The preview ended by itself.', detail: word(p, 'detail'), tone: 'bad' }),
};

const DESCENTS: Readonly<Record<string, string>> = {
  retry: 'asked for the same again, from today’s main',
  revision: 'asked for changes to an earlier run',
  revert: 'asked to take a merged change back',
  restore: 'brought the commit of an earlier run back',
};

function requested(p: Payload, actor: string): EventWords {
  const descent = word(p, 'relation');
  const told = Object.hasOwn(DESCENTS, descent) ? DESCENTS[descent]! : 'asked for this change';
  return { text: `${actor} ${told}.`, detail: p['safeMode'] === true ? 'Safe mode' : '', tone: 'neutral' };
}

function failed(code: string): string {
  return Object.hasOwn(REASONS, code) ? `Failed: ${REASONS[code as ReasonCode].cause}` : `Failed${code ? `: ${code}` : '.'}`;
}

function attemptEnded(p: Payload): EventWords {
  const end = word(p, 'end') || 'finished';
  const { answer } = p;
  const summary = typeof answer === 'object' && answer !== null && 'summary' in answer ? answer.summary : undefined;
  return {
    text: `Codex ${ENDS[end] ?? `ended: ${end}`} (attempt ${word(p, 'attempt') || '1'}).`,
    detail: word(p, 'detail') || (typeof summary === 'string' ? summary : ''),
    tone: end === 'finished' ? 'good' : 'bad',
  };
}

function migrated({ migration }: Payload): EventWords {
  const { name, status } = (typeof migration === 'object' && migration !== null ? migration : {}) as Record<'name' | 'status', unknown>;
  const applied = status === 'applied';
  return {
    text: `Migration ${typeof name === 'string' ? name : ''} ${applied ? 'was applied' : 'failed'} on the preview data.`.replace('  ', ' '),
    tone: applied ? 'good' : 'bad',
  };
}

function checkEnded(p: Payload): EventWords {
  const status = STATUSES[word(p, 'status')] ?? { words: word(p, 'status') || 'ended', tone: 'neutral' as const };
  const code = word(p, 'exitCode');
  return {
    text: `Check ${word(p, 'name')} ${status.words} ${stageWords(word(p, 'stage'))}${code && code !== '0' ? ` (exit code ${code})` : ''}.`,
    detail: word(p, 'detail').replace(/^exit code \d+$/, ''),
    tone: status.tone,
  };
}

function undone(p: Payload): EventWords {
  switch (word(p, 'outcome')) {
    case 'conflict':
      return { text: 'main could not be put back without a conflict.', tone: 'bad' };
    case 'nothing_to_undo':
      return { text: 'main needed no putting back.', tone: 'neutral' };
    default:
      return { text: `main was put back with ${commit(p)}.`, tone: 'attention' };
  }
}

function verdictWords(p: Payload): EventWords {
  const { policy } = p;
  const judged = (typeof policy === 'object' && policy !== null ? policy : p) as Payload;
  const { reasons } = judged;
  const words = (Array.isArray(reasons) ? reasons : []).flatMap((reason: unknown) => {
    if (typeof reason === 'string') return [reason];
    const message: unknown = typeof reason === 'object' && reason !== null && 'message' in reason ? reason.message : undefined;
    return typeof message === 'string' ? [message] : [];
  });
  return { ...(VERDICTS[word(judged, 'verdict')] ?? { text: 'The review is complete.', tone: 'attention' }), detail: words.join(' ') };
}

/** Every event type that has a sentence of its own. */
export const TOLD_EVENTS: readonly string[] = Object.keys(TELLERS);

/**
 * An event in words. A type that is not known (a newer daemon) is told by its
 * name and where it led, so that nothing is left out.
 */
export function eventWords(event: Pick<RunEvent, 'type' | 'payload' | 'actor' | 'reason' | 'to'>): EventWords {
  const teller = Object.hasOwn(TELLERS, event.type) ? TELLERS[event.type] : undefined;
  const actor = event.actor === '' ? 'Somebody' : event.actor;
  const words = teller?.(event.payload, actor) ?? {
    text: `${event.type.replaceAll(/[._]/g, ' ').replace(/^./, (first) => first.toUpperCase())}${event.to ? ` → ${STATE_WORDS[event.to].label}` : ''}.`,
    tone: 'neutral' as const,
  };
  const detail = words.detail || (event.reason && event.type !== 'run.failed' ? REASONS[event.reason].cause : undefined);
  return detail ? { text: words.text, tone: words.tone, detail } : { text: words.text, tone: words.tone };
}

/** The events worth a line: the start of a check is left out once its end is told. */
export function worthTelling<E extends Pick<RunEvent, 'type' | 'payload'>>(events: readonly E[]): E[] {
  const checkOf = ({ payload }: E) => `${word(payload, 'stage')}/${word(payload, 'name')}`;
  const ended = new Map<string, number>();
  for (const [index, event] of events.entries()) if (event.type === 'check.ended') ended.set(checkOf(event), index);
  return events.filter((event, index) => event.type !== 'check.started' || (ended.get(checkOf(event)) ?? -1) < index);
}

/** Time between two instants as a gap worth showing, or undefined when it is short. */
export function gapWords(from: string, to: string): string | undefined {
  const gap = Date.parse(to) - Date.parse(from);
  return gap >= 60_000 ? `${span(gap)} later` : undefined;
}
