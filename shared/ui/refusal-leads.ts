/** The first words of a refusal, by its code; what the daemon says follows. */
export const REFUSAL_LEADS: Readonly<Record<string, string>> = {
  stale: 'The change has moved on.',
  frozen: 'Merging is frozen.',
  lease_lost: 'The slot was taken back before you decided.',
  wrong_state: 'That is no longer possible.',
  forbidden: 'You may not do that.',
  blocked: 'The policy blocks this change.',
  rollback_impossible: 'That release cannot be put back.',
  thread_busy: 'A revision of it is under way.',
  queue_full: 'The queue is full.',
  degraded: 'The daemon cannot do that right now.',
  internal: 'Codex Builder itself failed.',
};
