import type { ReasonCode } from '../reasons.ts';
import type { Run, RunState } from '../run.ts';

/** How much a thing wants to be noticed; each tone has one colour and never stands alone without a word. */
export type Tone = 'neutral' | 'working' | 'attention' | 'good' | 'bad' | 'muted';

/** One word for people per state, its tone, and what the state guarantees. */
// biome-ignore format: a table is read by column
export const STATE_WORDS: Record<RunState, { label: string; tone: Tone; meaning: string }> = {
  queued:         { label: 'Queued',         tone: 'neutral',   meaning: 'Stored safely. Holds nothing yet.' },
  planning:       { label: 'Planning',       tone: 'working',   meaning: 'A slot, a worktree and fresh preview data are being prepared.' },
  editing:        { label: 'Editing',        tone: 'working',   meaning: 'Codex is changing files in a worktree of its own.' },
  testing:        { label: 'Testing',        tone: 'working',   meaning: 'The change is committed and its checks are running.' },
  preview_ready:  { label: 'Preview ready',  tone: 'working',   meaning: 'Every required check passed. The change is live on its preview.' },
  needs_approval: { label: 'Needs approval', tone: 'attention', meaning: 'The review is complete. A person decides.' },
  approved:       { label: 'Approved',       tone: 'working',   meaning: 'A person approved this commit. It is next to be merged.' },
  merging:        { label: 'Merging',        tone: 'working',   meaning: 'The merge with main is being checked before main moves.' },
  deploying:      { label: 'Deploying',      tone: 'working',   meaning: 'main has the change. Production is being switched.' },
  merged:         { label: 'Merged',         tone: 'good',      meaning: 'On main and released to production.' },
  failed:         { label: 'Failed',         tone: 'bad',       meaning: 'Ended without being merged. The branch is kept.' },
  canceled:       { label: 'Canceled',       tone: 'muted',     meaning: 'A person stopped it. The branch is kept.' },
  expired:        { label: 'Expired',        tone: 'muted',     meaning: 'Its slot was needed. The branch is kept.' },
};

/** States that are called by their reason, because it says more than the state does. */
// biome-ignore format: a table is read by column
const BY_REASON: Partial<Record<ReasonCode, { state: RunState; label: string; tone: Tone; meaning: string }>> = {
  PATCH_PROPOSED: { state: 'planning', label: 'Patch proposed', tone: 'attention', meaning: 'Safe mode: nothing is applied until a person says so.' },
  REJECTED:       { state: 'canceled', label: 'Rejected',       tone: 'bad',       meaning: 'A person rejected the change. main is untouched.' },
  REVISED:        { state: 'canceled', label: 'Revised',        tone: 'muted',     meaning: 'A person asked for changes. The revision goes on with its work.' },
  REPLACED:       { state: 'expired',  label: 'Replaced',       tone: 'muted',     meaning: 'A person gave its slot to another run. The branch is kept.' },
};

/** The words of a run's state; a rejected run is stored as canceled but is called what it is. */
export function stateWords(run: Pick<Run, 'state' | 'reason'>): { label: string; tone: Tone; meaning: string } {
  const special = run.reason && BY_REASON[run.reason.code];
  return special?.state === run.state ? special : STATE_WORDS[run.state];
}
