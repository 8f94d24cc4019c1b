import { ask } from '../ask.ts';

/** How long after a change a draft is kept: a crash costs at most the words of that time. */
const KEEP_AFTER_MS = 250;

/** What is being written on this page, kept by the background across reloads, crashes and updates. */
export interface DraftKeeper {
  read(): Promise<string | undefined>;
  changed(): void;
  /** At once, for a page that goes away. */
  flush(): void;
}

export function openDraftKeeper(text: () => string): DraftKeeper {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    void ask('keep_draft', { text: text() });
  };
  return {
    async read() {
      const answer = await ask('read_draft', {});
      return answer.ok ? answer.value : undefined;
    },
    changed() {
      timer ??= setTimeout(flush, KEEP_AFTER_MS);
    },
    flush,
  };
}
