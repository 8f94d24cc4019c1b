/** Kept in the world of our scripts, which ends with this version of the extension. */
const world = globalThis as { codexBuilderHas?: Set<string> };

/**
 * Whether this script is in this page for the first time. Some browsers put the scripts of a new extension into the tabs that
 * are open and some leave that to us; and a page keeps them when the permission for it is taken away and given back. Two of one
 * would answer one key.
 */
export function isFirstHere(script: 'overlay' | 'relay'): boolean {
  world.codexBuilderHas ??= new Set();
  const isFirst = !world.codexBuilderHas.has(script);
  world.codexBuilderHas.add(script);
  return isFirst;
}
