/** How a route answered when it was looked at. */
export type Look = { end: 'answered'; status: number } | { end: 'no_answer' };

/** What became of people's requests. */
export interface Counts {
  requests: number;
  serverErrors: number;
  noAnswer: number;
  failing: readonly { path: string; count: number }[];
}

/** What was seen of a release since it got the traffic, and what is known of the one before it. */
export interface Seen {
  route: string;
  /** How the route answered before the deploy; absent when that is not known. */
  before?: Look;
  /** Since the deploy, oldest first. */
  looks: readonly Look[];
  traffic?: Counts;
  /** Requests to the release before, over its whole life. */
  trafficBefore?: Counts;
}

/** `unsure`: it looks bad, but once is not enough to say so. */
export interface WatchVerdict {
  verdict: 'worse' | 'calm' | 'unsure';
  /** Exactly what was seen, without a full stop. */
  detail: string;
}

/** One error more or less says nothing about a release: these are what it takes. */
const LEAST_REQUESTS = 20;
const LEAST_FAILED = 3;
/** One in twenty. */
const LEAST_SHARE = 20;
const TIMES_BEFORE = 3;

/**
 * Whether errors rose with a release: its route fails twice in a row and did not before, or a part of people's requests
 * fails that is neither small nor what it was with the release before.
 */
export function judgeWatch(seen: Seen): WatchVerdict {
  const { route, before, looks, traffic, trafficBefore } = seen;
  const known = before !== undefined && isBad(before);
  const last = looks.slice(-2);
  const bad = known ? 0 : last.length - (last.findLastIndex((look) => !isBad(look)) + 1);
  const reasons: string[] = [];
  if (bad === 2)
    reasons.push(`${route} ${twice(last[0]!, last[1]!)}${before === undefined ? '' : `; before the deploy it ${once(before)}`}`);
  if (traffic !== undefined && hasRisen(traffic, trafficBefore)) reasons.push(trafficWords(traffic, trafficBefore));
  if (reasons.length > 0) return { verdict: 'worse', detail: reasons.join('; ') };
  return { verdict: bad === 1 ? 'unsure' : 'calm', detail: calmWords(seen, known) };
}

function isBad(look: Look): boolean {
  return look.end === 'no_answer' || look.status >= 500;
}

const failedOf = ({ serverErrors, noAnswer }: Counts) => serverErrors + noAnswer;
const rateOf = (counts: Counts) => (counts.requests === 0 ? 0 : failedOf(counts) / counts.requests);

function hasRisen(now: Counts, before: Counts | undefined): boolean {
  const failed = failedOf(now);
  if (now.requests < LEAST_REQUESTS || failed < LEAST_FAILED || failed * LEAST_SHARE < now.requests) return false;
  if (before === undefined || before.requests === 0) return true;
  // In whole numbers: three times a tenth is more than three tenths to a computer.
  const failedBefore = failedOf(before);
  const threefold = failed * before.requests >= TIMES_BEFORE * failedBefore * now.requests;
  // Where much failed before, three times as much is more than all there is: half of what went well is as clear.
  const halved =
    failedBefore < before.requests && 2 * (now.requests - failed) * before.requests <= (before.requests - failedBefore) * now.requests;
  return threefold || halved;
}

const once = (look: Look) => (look.end === 'answered' ? `answered ${look.status}` : 'gave no answer');

function twice(first: Look, second: Look): string {
  return once(first) === once(second) ? `${once(first)} twice in a row` : `${once(first)}, then ${once(second)}`;
}

function trafficWords(now: Counts, before: Counts | undefined): string {
  const worst = now.failing[0];
  const where = worst === undefined ? '' : `, ${worst.count === failedOf(now) ? 'all' : `${worst.count}`} of them on ${worst.path}`;
  const then = before === undefined || before.requests === 0 ? 'none was counted before it' : `before it ${share(before)}`;
  return `${share(now)} failed since the deploy${where}; ${then}`;
}

function share(counts: Counts): string {
  const percent = rateOf(counts) * 100;
  const rate = percent > 0 && percent < 0.1 ? 'under 0.1' : percent.toFixed(1).replace(/\.0$/, '');
  return `${failedOf(counts)} of ${counts.requests} requests (${rate} %)`;
}

function calmWords({ route, looks, traffic }: Seen, known: boolean): string {
  const times = new Map<string, number>();
  for (const look of looks) times.set(once(look), (times.get(once(look)) ?? 0) + 1);
  const answers = [...times].map(([words, count]) => `${words} (${count === 1 ? 'once' : `${count} times`})`).join(', ');
  const asBefore = known && looks.some(isBad) ? ', no better before the deploy' : '';
  return `${route} ${answers}${asBefore}${traffic === undefined ? '' : `; ${share(traffic)} failed`}`;
}
