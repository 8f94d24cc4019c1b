import { render } from 'preact';
import { ask, watch } from '../../ask.ts';
import { type PageView, WATCH } from '../../messages.ts';
import type { Panel, Shell } from '../contract.ts';
import { Below } from './below.tsx';
import { Chips } from './chips.tsx';
import { pageContext } from './page-context.ts';
import styles from './panel.css?inline';
import { openPanelStore } from './panel-state.ts';
import { openRunDesk } from './run-desk.ts';
import { openSubmitter, sendBlock } from './submit.ts';

/** Fills the places of the box: what goes along, where it goes, what became of it. */
export function openPanel(shell: Shell): Panel {
  const store = openPanelStore();
  const desk = openRunDesk(shell, store);
  const submitter = openSubmitter(shell, store, async (prompt) => ({ request: { prompt, context: pageContext() }, pictures: [] }));
  let stop: (() => void) | undefined;
  shell.addStyles(styles);

  store.watch(() => {
    const { view } = store.get();
    const blocked = sendBlock(store);
    shell.setSend({ label: 'Send', ...(blocked !== undefined && { blocked }) });
    shell.setHistory([...(view?.unsent ?? []), ...store.runs()].map(({ prompt }) => prompt));
  });

  async function takeBack(key: string): Promise<void> {
    const answer = await ask('take_back', { key });
    if (answer.ok && answer.value) shell.putBack(answer.value.prompt);
    shell.focusPrompt();
  }

  render(<Chips store={store} shell={shell} />, shell.chips);
  render(<Below store={store} shell={shell} desk={desk} onTakeBack={(key) => void takeBack(key)} />, shell.below);

  return {
    opened() {
      stop ??= watch<PageView>(WATCH, (view) => {
        store.change({ view });
        desk.heard();
        submitter.heard();
      });
    },
    closed() {
      stop?.();
      stop = undefined;
    },
    send: submitter.send,
    escape: () => desk.closeForm(),
  };
}
