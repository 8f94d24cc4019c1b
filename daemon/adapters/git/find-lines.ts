/** Where a run of lines begins among others, every place of it. Takes time in proportion to both, whatever they are. */
export function findLines(lines: readonly string[], wanted: readonly string[]): readonly number[] {
  if (wanted.length === 0) return [];
  // How much of the beginning is matched still when the line after it is not the wanted one.
  const fallback = [0];
  for (let at = 1, kept = 0; at < wanted.length; at++) {
    while (kept > 0 && wanted[at] !== wanted[kept]) kept = fallback[kept - 1]!;
    if (wanted[at] === wanted[kept]) kept++;
    fallback.push(kept);
  }
  const places: number[] = [];
  let matched = 0;
  for (const [at, line] of lines.entries()) {
    while (matched > 0 && line !== wanted[matched]) matched = fallback[matched - 1]!;
    if (line === wanted[matched]) matched++;
    if (matched < wanted.length) continue;
    places.push(at - wanted.length + 1);
    matched = fallback[matched - 1]!;
  }
  return places;
}
