import type { UpstreamSeen } from '../core/upstream-seen.ts';
import type { UpstreamState } from '../ports.ts';
import type { Parts } from './parts.ts';

type Seeing = Pick<Parts, 'upstream' | 'ledger' | 'ids' | 'clock'>;

/** Notes how the person's repository stands, and says so when that changed. */
export function seeUpstream(parts: Seeing, found: UpstreamState & { why?: string }): void {
  const isNew = found.state !== parts.upstream.state;
  noteUpstream(parts, {
    state: found.state,
    detail: found.state === 'offline' ? found.detail : found.why,
    ...(isNew ? { since: parts.clock.now() } : {}),
    ...(found.state === 'diverged' ? {} : { rewritten: undefined, held: undefined }),
  });
}

/** Changes what people are shown of the person's repository; what is undefined no longer holds. */
export function noteUpstream({ upstream, ledger, ids }: Seeing, note: { [K in keyof UpstreamSeen]?: UpstreamSeen[K] | undefined }): void {
  const before = textOf(upstream);
  Object.assign(upstream, note);
  for (const key of Object.keys(note) as (keyof UpstreamSeen)[]) if (upstream[key] === undefined) delete upstream[key];
  const now = textOf(upstream);
  if (now === before) return;
  const entry = { actor: 'daemon', action: 'upstream_seen', subject: 'upstream', traceId: ids.randomHex(16), payload: { before, now } };
  ledger.act(entry, (tx) => {
    tx.hint('status');
  });
}

const textOf = (seen: UpstreamSeen): string => JSON.stringify(Object.entries(seen).sort());
