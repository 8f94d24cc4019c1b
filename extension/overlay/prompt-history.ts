/** Earlier prompts, walked with the arrow keys; what was being written is the newest of them. */
export interface PromptHistory {
  /** Newest first. */
  set(prompts: readonly string[]): void;
  /** Text of the next older one, or undefined at the oldest. */
  older(now: string): string | undefined;
  /** Text of the next newer one, at last what was being written. */
  newer(now: string): string | undefined;
  /** Whether `now` is an earlier prompt, unchanged: then the arrows walk on from it. */
  isWalking(now: string): boolean;
}

export function openPromptHistory(): PromptHistory {
  let prompts: readonly string[] = [];
  let at = -1;
  let written = '';
  const isWalking = (now: string) => at >= 0 && prompts[at] === now;
  return {
    set(next) {
      const here = at >= 0 ? prompts[at] : undefined;
      prompts = [...new Set(next)];
      at = here === undefined ? -1 : prompts.indexOf(here);
    },
    older(now) {
      if (!isWalking(now)) {
        at = -1;
        written = now;
      }
      // What is written already is not offered again.
      const next = prompts.findIndex((prompt, index) => index > at && prompt !== now);
      if (next < 0) return undefined;
      at = next;
      return prompts[at];
    },
    newer(now) {
      if (!isWalking(now)) return undefined;
      at -= 1;
      return at < 0 ? written : prompts[at];
    },
    isWalking,
  };
}
