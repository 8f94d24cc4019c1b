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
    const collected = await capture.take();
    const answer = await ask('submit', { daemonId, key, ...(await toRequest(collected, prompt.trim())) });
    const sending = store.get().sending.filter((each) => each.key !== key);
    if (!answer.ok) {
      store.change({ sending, note: { level: 'error', title: 'Not sent', text: answer.message } });
      putBack(prompt, collected);
    } else if (answer.value.end === 'refused') {
      store.change({ sending, note: { level: 'error', title: 'The daemon did not take it', text: answer.value.message } });
      putBack(prompt, collected);
    } else if (answer.value.end === 'sent') {
      const { run } = answer.value;
      store.change({ sending, fresh: [run, ...store.get().fresh], shown: run.id });
    } else {
      store.change({ sending }); // kept: the background tells of it among the unsent
    }
  }

  function putBack(prompt: string, collected: Collected): void {
    shell.putBack(prompt);
    capture.putBack(collected);
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
