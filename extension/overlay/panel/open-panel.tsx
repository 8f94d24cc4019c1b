import { render } from 'preact';
import { ask, GONE, watch } from '../../ask.ts';
import captureStyles from '../../capture/capture.css?inline';
import { type PageView, WATCH } from '../../messages.ts';
import type { Panel, Shell } from '../contract.ts';
import { Below } from './below.tsx';
import { openCaptureDesk } from './capture-desk.ts';
import { Chips } from './chips.tsx';
import styles from './panel.css?inline';
import { openPanelStore } from './panel-state.ts';
import { openRunDesk } from './run-desk.ts';
import { openSubmitter, sendBlock } from './submit.ts';
import { Tools } from './tools.tsx';

/** Fills the places of the box: what goes along, where it goes, what became of it. */
export function openPanel(shell: Shell): Panel {
  const store = openPanelStore();
  const desk = openRunDesk(shell, store);
  const capture = openCaptureDesk(shell);
  const submitter = openSubmitter(shell, store, capture);
  let stop: (() => void) | undefined;
  shell.addStyles(styles + captureStyles);

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

  function told(view: PageView): void {
    store.told(view);
    desk.heard();
    submitter.heard();
  }

  /** What stands here stays as it was, and nothing can be done about it. */
  function gone(): void {
    store.change({ note: { level: 'error', title: 'The extension is not there any more', text: GONE.message } });
  }

  render(<Chips store={store} capture={capture} shell={shell} />, shell.chips);
  render(<Tools capture={capture} shell={shell} />, shell.tools);
  render(<Below store={store} shell={shell} desk={desk} capture={capture} onTakeBack={(key) => void takeBack(key)} />, shell.below);

  return {
    opened() {
      void capture.refresh();
      stop ??= watch<PageView>(WATCH, told, gone);
    },
    closed() {
      capture.stopPicking();
      stop?.();
      stop = undefined;
    },
    photographFirst: capture.takeFirst,
    send: submitter.send,
    escape: () => capture.close() || desk.closeForm(),
  };
}
