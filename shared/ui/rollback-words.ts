import type { Release } from '../release.ts';

/** What exactly a rollback to `to` does, in sentences, before a person confirms it. */
export function rollbackWords(from: Release | undefined, to: Release): string[] {
  return [
    from
      ? `Production goes from “${from.title}” (${from.commit.slice(0, 8)}) back to “${to.title}” (${to.commit.slice(0, 8)}).`
      : `Production goes to “${to.title}” (${to.commit.slice(0, 8)}).`,
    to.warm
      ? 'That release is still running, so the switch takes about a second. No request is dropped.'
      : 'That release is started and checked first. Traffic moves only when it is healthy; no request is dropped.',
    'Production data is kept as it is. Migrations are not undone.',
    'main is put in step with a commit that restores those files, so the next change starts from what is live.',
  ];
}

/** Why a release cannot be put back, or undefined when it can. */
export function rollbackBlock(to: Release, releases: readonly Release[]): string | undefined {
  if (to.state === 'live') return 'It is live now.';
  if (to.state === 'preparing') return 'It is being prepared.';
  if (to.state === 'failed') return 'It never went live.';
  if (releases.some((release) => release.state === 'preparing')) return 'Another release is being prepared. Wait for it to end.';
  if (!to.rollback.possible) return to.rollback.reason ?? 'The daemon says it cannot be put back.';
  return undefined;
}
