import { commandLine } from './call-again.ts';
import type { AnyCall, Failure } from './door-call.ts';
import { nearRun } from './find-run.ts';

/** What a person does next after a refusal; undefined where its message says it already. */
export async function nextStep(call: AnyCall, { code, details, message }: Failure): Promise<string | undefined> {
  const say = (words: string) => commandLine(call, words);
  const run = call.words[0] ?? 'last';
  switch (code) {
    case 'not_found':
      return /\brun\b/.test(message) ? findRun(call) : undefined;
    case 'unauthorized':
      return call.daemon.state === undefined
        ? 'CODEX_BUILDER_TOKEN is not a token of this daemon.'
        : `The token in ${call.daemon.state} is not that of the daemon at ${call.daemon.url}: another one may have taken its place. See ${say('doctor')}`;
    case 'version_mismatch':
      return `This command line and the daemon are of different versions. Update the older one, then: ${say('stop')} && ${say('serve')}`;
    case 'unreadable_reply':
      return `Is ${call.daemon.url} a Codex Builder daemon of this version? See ${say('doctor')}`;
    case 'queue_full':
      return `See what waits: ${say('runs --only queued')}, and cancel what is not needed: ${say('cancel RUN')}`;
    case 'wrong_state':
    case 'stale':
    case 'lease_lost':
      return call.words.length > 0 && call.words[0] !== 'main' ? `Look at it: ${say(`show ${run}`)}` : undefined;
    case 'thread_busy':
      return typeof details?.['runId'] === 'string' ? `It is ${details['runId']}: ${say(`show ${details['runId']}`)}` : undefined;
    case 'frozen':
      return `See why: ${say('status')}. Lift a freeze: ${say('flags freeze off')}`;
    case 'confirm_required':
      return `Read it: ${say(`diff ${run}`)}, then: ${say(`approve ${run} --migrations`)}`;
    case 'blocked':
      return `Have it changed: ${say(`revise ${run} "what to change"`)}`;
    case 'rollback_impossible':
      return `See the others: ${say('releases')}. --force goes back over migrations that cannot be taken back, and over nothing else.`;
    case 'idempotency_conflict':
      return 'Leave --key out, or give another.';
    case 'internal':
    case 'degraded':
      return `What the daemon says while it runs is in its terminal or journal. See also ${say('doctor')}`;
    default:
      return undefined;
  }
}

async function findRun(call: AnyCall): Promise<string> {
  const listed = await call.daemon.client.call('listRuns', { query: { limit: 200 } });
  const given = call.words.find((word) => word.startsWith('run_')) ?? '';
  return `${listed.ok ? nearRun(given, listed.value.runs).trim() : ''} List them: ${commandLine(call, 'runs')}`.trim();
}
