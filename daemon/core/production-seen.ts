/** How the processes of production stand, as last seen; shown, never decided upon. */
export interface ProductionSeen {
  live?: LiveSeen;
  /** How often a gateway was cut off rather than left, and when that was found out last. */
  cutOff?: { times: number; at: number };
}

export interface LiveSeen {
  releaseId: string;
  running: boolean;
  startedAt: number;
  restarts: number;
  ended?: { at: number; how: string };
}

/** How long what has passed is still news. */
const NEWS_MS = 3_600_000;

/** What of it a person should hear of without asking: what is wrong now, and what went wrong within the hour. `minuteOf` writes an instant. */
export function productionNews(
  { live, cutOff }: ProductionSeen,
  now: number,
  minuteOf: (at: number) => string,
): readonly { level: 'warn' | 'error'; text: string }[] {
  const news: { level: 'warn' | 'error'; text: string }[] = [];
  const ended = live?.ended;
  if (live?.running === false)
    news.push({
      level: 'error',
      text: 'Production is down: its process does not run. It is started again by itself; if it stays down, roll back on the Releases page.',
    });
  else if (live !== undefined && ended !== undefined && now - ended.at < NEWS_MS)
    news.push({
      level: 'warn',
      text: `Production ended by itself at ${minuteOf(ended.at)} (${ended.how}) and was started again, ${times(live.restarts)} in all.`,
    });
  if (cutOff !== undefined && now - cutOff.at < NEWS_MS)
    news.push({
      level: 'warn',
      text: `The gateway was cut off and started again at ${minuteOf(cutOff.at)}, ${times(cutOff.times)} in all. Its log is logs/gateway.log.`,
    });
  return news;
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
