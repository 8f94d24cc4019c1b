import type { Status } from '#shared/api.ts';
import type { Held, NotLive, Rewritten, UpstreamSeen } from '../core/upstream-seen.ts';

type Banner = Status['banners'][number];

/** What people are told of it, most important first. `controlFolder`: where a person with a shell finds our main. */
export function upstreamBanners(seen: UpstreamSeen, controlFolder: string): readonly Banner[] {
  const banners: Banner[] = [];
  const { rewritten, held, notLive } = seen;
  if (seen.state === 'diverged') {
    if (rewritten !== undefined) banners.push({ level: 'error', text: rewrittenWords(rewritten) });
    else if (held !== undefined) banners.push({ level: 'error', text: heldWords(held, controlFolder) });
    else
      banners.push({
        level: 'info',
        text: 'main here and main in your repository went different ways. They are being merged and checked.',
      });
  }
  if (notLive !== undefined) banners.push({ level: notLive.why === 'failed' ? 'error' : 'info', text: notLiveWords(notLive) });
  if (seen.state === 'offline')
    banners.push({
      level: 'warn',
      text: `Your repository cannot be reached${seen.since === undefined ? '' : ` since ${minuteOf(seen.since)}`} (${seen.detail ?? 'no answer'}). Runs go on here, and it is brought along as soon as it is back.`,
    });
  if (seen.state === 'ahead' && seen.detail !== undefined)
    banners.push({ level: 'info', text: `Your repository was left as it is: ${seen.detail}` });
  return banners;
}

function heldWords({ why, detail }: Held, controlFolder: string): string {
  const pull = `run "git pull --no-rebase ${controlFolder} main" on main of your repository`;
  return why === 'conflict'
    ? `main here and main in your repository went different ways: ${detail}. Nothing is merged until they are one again: ${pull}, resolve it and commit. The rest follows by itself.`
    : `main here and main in your repository went different ways, and what they make together does not pass: ${sentence(detail)} Nothing is merged until they are one again: ${pull}, mend it and commit; or try again on the Releases page.`;
}

function rewrittenWords({ commit, dropped, runs }: Rewritten): string {
  const named = runs.slice(0, 5).map((title) => `"${title}"`);
  const more = runs.length > named.length ? ` and ${runs.length - named.length} more` : '';
  const merged =
    runs.length === 0 ? '' : `, with ${runs.length === 1 ? 'the merged run' : `${runs.length} merged runs:`} ${named.join(', ')}${more}`;
  return `main in your repository was rewritten to ${commit.slice(0, 12)}: ${some(dropped, 'commit')} of main here ${dropped === 1 ? 'is' : 'are'} no longer part of it${merged}. Nothing is merged until you decide. Either push main there forward again so that it contains them, or take it over as it is now on the Releases page.`;
}

function notLiveWords({ commits, why, detail }: NotLive): string {
  return why === 'manual'
    ? `main has ${some(commits, 'commit')} from your repository that ${commits === 1 ? 'is' : 'are'} not live. Deploy main on the Releases page.`
    : `Commits from your repository are on main but not live: ${sentence(detail ?? 'it failed')} Push a fix, or try again on the Releases page.`;
}

const sentence = (text: string): string => `${text.replace(/\.$/, '')}.`;
const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
/** An instant as people write it, to the minute. */
export const minuteOf = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
