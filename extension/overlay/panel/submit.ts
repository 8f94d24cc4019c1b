import { ask } from '../../ask.ts';
import type { Collected } from '../../capture/collected.ts';
import { toRequest } from '../../capture/to-request.ts';
import type { Shell } from '../contract.ts';
import type { CaptureDesk } from './capture-desk.ts';
import { freshKey } from './fresh-key.ts';
import type { PanelStore } from './panel-state.ts';

export interface Submitter {
  send(): void;
  /** The background told of the page: a send that came before goes now. */
  heard(): void;
}

/**
 * Sends what is written. The prompt leaves the field at once, so that the next can be written, and
 * comes back into it whenever the background did not take it.
 */
export function openSubmitter(shell: Shell, store: PanelStore, capture: CaptureDesk): Submitter {
  let isOwed = false;

  async function submit(daemonId: string): Promise<void> {
    const prompt = shell.takeText();
    const key = freshKey();
    store.change({ sending: [...store.get().sending, { key, prompt }], note: undefined });
    let collected: Collected | undefined;
    const notTaken = (title: string, text: string) => {
      store.change({ note: { level: 'error', title, text } });
      shell.putBack(prompt);
      if (collected) capture.putBack(collected);
    };
    try {
      collected = await capture.take();
      const answer = await ask('submit', { daemonId, key, ...(await toRequest(collected, prompt.trim())) });
      if (!answer.ok) notTaken('Not sent', answer.message);
      else if (answer.value.end === 'refused') notTaken('The daemon did not take it', answer.value.message);
      else if (answer.value.end === 'sent') store.showRun(daemonId, answer.value.run);
      // Kept: the background tells of it among the unsent.
    } catch (error) {
      // Not expected, and the words are the person's all the same.
      notTaken('Not sent', 'What goes along could not be made ready. Leave out the picture or an element, then send again.');
      throw error;
    } finally {
      store.change({ sending: store.get().sending.filter((each) => each.key !== key) });
    }
  }

  function send(): void {
    const { view } = store.get();
    isOwed = view === undefined;
    if (!view) return;
    const blocked = sendBlock(store);
    if (shell.text().trim() === '') shell.focusPrompt();
    else if (blocked !== undefined) store.change({ note: { level: 'warn', title: blocked, text: '' } });
    else void submit(view.chosen!);
  }

  return {
    send,
    heard() {
      if (isOwed && store.get().view) send();
    },
  };
}

/** Why nothing can be sent now, or undefined when it can. An absent daemon is no reason: what is sent then is kept. */
export function sendBlock(store: PanelStore): string | undefined {
  const { view } = store.get();
  if (!view) return undefined;
  if (view.daemons.length === 0) return 'Pair this browser with your Codex Builder first.';
  const daemon = store.daemon();
  if (!daemon) return 'Choose which app this page belongs to.';
  return daemon.role === 'viewer' ? 'Your role (viewer) may look, not ask for changes.' : undefined;
}
