/**
 * Matches a repository path against a glob: `*` within a folder, `**` across
 * folders, `?` one character. Compared after NFC and without case, so a
 * renamed or decomposed path meets the same rule. Linear: no backtracking into `**` beyond one level.
 */
export function globMatches(glob: string, path: string): boolean {
  return matchSegments(normalise(glob).split('/'), normalise(path).split('/'));
}

/** Like {@link globMatches}, but every character counts: for what is allowed, where another spelling is another file. */
export function globMatchesExactly(glob: string, path: string): boolean {
  return matchSegments(glob.split('/'), path.split('/'));
}

function normalise(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function matchSegments(glob: readonly string[], path: readonly string[]): boolean {
  // reachable[i]: the first i segments of the glob can match what was read so far.
  let reachable = closure(glob, new Set([0]));
  for (const segment of path) {
    const next = new Set<number>();
    for (const at of reachable) {
      if (at >= glob.length) continue;
      if (glob[at] === '**') next.add(at);
      else if (matchSegment(glob[at]!, segment)) next.add(at + 1);
    }
    reachable = closure(glob, next);
    if (reachable.size === 0) return false;
  }
  return reachable.has(glob.length);
}

function closure(glob: readonly string[], from: Set<number>): Set<number> {
  for (const at of from) if (glob[at] === '**') from.add(at + 1);
  return from;
}

function matchSegment(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (g < glob.length && (glob[g] === '?' || (glob[g] === text[t] && glob[g] !== '*'))) {
      g++;
      t++;
    } else if (glob[g] === '*') {
      star = g++;
      mark = t;
    } else if (star >= 0) {
      g = star + 1;
      t = ++mark;
    } else return false;
  }
  while (glob[g] === '*') g++;
  return g === glob.length;
}
