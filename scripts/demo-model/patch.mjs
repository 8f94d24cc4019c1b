const AROUND = 3;

/**
 * A change of files in the form that Codex's `apply_patch` reads.
 * @param {readonly { path: string, before?: string, after: string }[]} changes `before` is left out of new files
 * @returns {string}
 */
export function patchOf(changes) {
  const parts = changes.map(({ path, before, after }) =>
    before === undefined
      ? `*** Add File: ${path}\n${prefixed('+', linesOf(after))}`
      : `*** Update File: ${path}\n${hunks(linesOf(before), linesOf(after))}`,
  );
  return `*** Begin Patch\n${parts.join('\n')}\n*** End Patch`;
}

/** @param {string} text */
function linesOf(text) {
  return text.replace(/\n$/, '').split('\n');
}

/** @param {string} lead @param {readonly string[]} lines */
function prefixed(lead, lines) {
  return lines.map((line) => lead + line).join('\n');
}

/** @param {readonly string[]} before @param {readonly string[]} after */
function hunks(before, after) {
  const steps = difference(before, after);
  /** @type {string[]} */
  const out = [];
  let last = Number.NEGATIVE_INFINITY;
  steps.forEach((step, index) => {
    const isNear = steps.slice(Math.max(0, index - AROUND), index + AROUND + 1).some((near) => !near.startsWith(' '));
    if (!isNear) return;
    if (index !== last + 1) out.push('@@');
    out.push(step);
    last = index;
  });
  return out.join('\n');
}

/**
 * The lines of both, each marked ' ', '-' or '+', by their longest common subsequence.
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 * @returns {string[]}
 */
function difference(before, after) {
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  /** Length of the longest common subsequence from these lines on. @param {number} i @param {number} j */
  const rest = (i, j) => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i * width + j] = before[i] === after[j] ? rest(i + 1, j + 1) + 1 : Math.max(rest(i + 1, j), rest(i, j + 1));
  const out = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      out.push(` ${before[i++]}`);
      j++;
    } else if (i < before.length && (j === after.length || rest(i + 1, j) >= rest(i, j + 1))) out.push(`-${before[i++]}`);
    else out.push(`+${after[j++]}`);
  }
  return out;
}
