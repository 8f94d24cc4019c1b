const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago an ISO instant was, in few words; `now` in milliseconds. A small clock difference into the future is "just now". */
export function ago(at: string, now: number): string {
  const passed = now - Date.parse(at);
  if (Number.isNaN(passed)) return 'at an unknown time';
  if (passed < 0) return passed > -MINUTE ? 'just now' : `in ${span(-passed)}`;
  if (passed < 45_000) return 'just now';
  if (passed < 30 * DAY) return `${span(passed)} ago`;
  return at.slice(0, 10);
}

/** A length of time in its largest unit, for example `3 min`; in milliseconds. */
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.max(1, Math.round(ms / 1000))} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.round(ms / HOUR)} h`;
  const days = Math.round(ms / DAY);
  return days === 1 ? '1 day' : `${days} days`;
}

/** How long something took, exact enough to compare: `340 ms`, `4.2 s`, `2 min 05 s`, `1 h 03 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Local time of day of an ISO instant, with the date when it was not today. */
export function clockTime(at: string, now: number = Date.now()): string {
  const then = new Date(at);
  const time = then.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  return then.toDateString() === new Date(now).toDateString() ? time : `${at.slice(0, 10)} ${time}`;
}

/** `m:ss` until a deadline, never below zero. */
export function countdown(until: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
