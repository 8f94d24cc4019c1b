/** What became of the requests to a release since this gateway runs. */
export interface Tally {
  requests: number;
  /** Answered 5xx by the app. */
  serverErrors: number;
  /** The app gave no answer. */
  noAnswer: number;
  /** Where most of them failed, worst first. */
  failing: readonly { path: string; count: number }[];
}

/** Counters per release, in memory: a gateway that begins anew counts anew. */
export interface Traffic {
  /** Counts one request. `status` is absent when the app gave no answer. */
  count(releaseId: string, url: string, status: number | undefined): void;
  of(releaseId: string): Tally;
  /** The release is gone. */
  forget(releaseId: string): void;
}

/** Paths are made up by visitors: only so many are told apart. */
const PATHS = 200;
const SHOWN = 3;
const PATH_LENGTH = 120;

interface Counters {
  requests: number;
  serverErrors: number;
  noAnswer: number;
  paths: Map<string, number>;
}

export function createTraffic(): Traffic {
  const releases = new Map<string, Counters>();
  return {
    count(releaseId, url, status) {
      let counters = releases.get(releaseId);
      if (counters === undefined) {
        counters = { requests: 0, serverErrors: 0, noAnswer: 0, paths: new Map() };
        releases.set(releaseId, counters);
      }
      counters.requests += 1;
      if (status !== undefined && status < 500) return;
      if (status === undefined) counters.noAnswer += 1;
      else counters.serverErrors += 1;
      const path = nameOf(url);
      const known = counters.paths.get(path);
      if (known === undefined && counters.paths.size >= PATHS) dropRare(counters.paths);
      if (known !== undefined || counters.paths.size < PATHS) counters.paths.set(path, (known ?? 0) + 1);
    },
    of(releaseId) {
      const { requests = 0, serverErrors = 0, noAnswer = 0, paths = [] } = releases.get(releaseId) ?? {};
      const failing = [...paths].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
      return { requests, serverErrors, noAnswer, failing: failing.map(([path, count]) => ({ path, count })) };
    },
    forget: (releaseId) => void releases.delete(releaseId),
  };
}

/** Makes room, so that a scan of made-up paths does not hide where people's requests fail. */
function dropRare(paths: Map<string, number>): void {
  for (const [path, count] of paths) if (count === 1) paths.delete(path);
}

/** The path of a request as it may be kept and shown: without its query, and without long parts, which may be secrets. */
function nameOf(url: string): string {
  return url
    .split(/[?#]/, 1)[0]!
    .replace(/[^/]{32,}/g, '***')
    .slice(0, PATH_LENGTH);
}
