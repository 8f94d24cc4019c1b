/**
 * Progress for a person, always on stderr: stdout belongs to what the program answers.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Does something slow and says so: a line before, and how long it took after.
 * @template T
 * @param {string} what for example `Building`
 * @param {() => Promise<T>} work
 * @param {{ quiet?: boolean }} [options] `quiet` says nothing
 * @returns {Promise<T>}
 */
export async function withProgress(what, work, options = {}) {
  if (options.quiet) return work();
  say(`${what} …`);
  const startedAt = performance.now();
  const answer = await work();
  say(`  done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return answer;
}
