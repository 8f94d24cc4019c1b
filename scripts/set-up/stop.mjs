/** Exit codes that people and scripts rely on. */
export const EXIT = { ok: 0, usage: 64, internal: 70, hostLacks: 78 };

/** Something the person must change before we can go on: what is wrong, what to do, and the exit code. */
export class Stop extends Error {
  /**
   * @param {string} problem one sentence, what is wrong
   * @param {string} remedy what to do about it
   * @param {number} [code] exit code, by default "the host cannot provide it"
   */
  constructor(problem, remedy, code = EXIT.hostLacks) {
    super(problem);
    this.name = 'Stop';
    this.remedy = remedy;
    this.code = code;
  }
}

/**
 * Says on stderr why we stop and answers the exit code. What is not a `Stop` is a fault of ours and is shown whole.
 * @param {unknown} reason
 * @returns {number}
 */
export function explain(reason) {
  if (!(reason instanceof Stop)) {
    process.stderr.write(`${reason instanceof Error ? reason.stack : String(reason)}\n`);
    return EXIT.internal;
  }
  process.stderr.write(`${reason.message}\n  ${reason.remedy.replaceAll('\n', '\n  ')}\n`);
  return reason.code;
}
