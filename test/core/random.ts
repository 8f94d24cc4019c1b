/** A small seeded generator (mulberry32): the same seed gives the same story. */
export function randomFrom(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (part: number) => next() < part,
    pick: <T>(list: readonly T[]): T => list[below(list.length)]!,
  };
}

export type Random = ReturnType<typeof randomFrom>;

/** A new seed each time; it stands in the name of the test, so that a failure can be told again. */
export function newSeed(): number {
  return Math.floor(Math.random() * 0xffff_ffff);
}
