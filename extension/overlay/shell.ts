import { ask } from '../ask.ts';
import { afterPaint } from './after-paint.ts';
import { type OpenPanel, PANEL_PLACE, type Panel, type Shell } from './contract.ts';
import { openDraftKeeper } from './draft.ts';
import { createHost, type Host } from './host.ts';
import { htmlElement } from './html-element.ts';
import { openMoment, type PictureMoment } from './picture-moment.ts';
import { openPrompt } from './prompt.ts';
import theme from './shell.css?inline';
import type { Guarded, Shield } from './shield.ts';

/** The box with the prompt. Everything else is the panel's, which is fetched when the box is first opened. */
export interface ShellBox {
  host: Host;
  guarded: Guarded;
  open(how?: HowToOpen): void;
  text(): string;
  close(): void;
  /** What was typed in a frame before the box had the focus. */
  typed(text: string): void;
  /** Keeps the draft at once: the page goes away. */
  flush(): void;
}

export interface HowToOpen {
  /** What was written in it already, under the version before. */
  text?: string;
  /** Shows only after a picture of the page was taken, or when that takes too long. */
  pictureFirst?: boolean;
}

export interface ShellParts {
  shield: Shield;
  /** Closes and gives the focus back to the page. */
  close(): void;
  isMac: boolean;
}

const NO_WEB_PAGE = 'Codex Builder works on web pages (http and https) only. On this one nothing can be asked for.';

export function openShell({ shield, close, isMac }: ShellParts): ShellBox {
  let panel: Panel | undefined;
  let sendWhenReady = false;
  let moment: PictureMoment | undefined;
  /** What the panel has not been asked for yet. */
  let owedPicture: PictureMoment | undefined;
  let last: HTMLElement | undefined;
  const heard = new Set<() => void>();

  const host = createHost({ focus: () => (last?.isConnected ? last : field).focus({ preventScroll: true }), closed: close });
  const { dialog, shadow } = host;
  // Custom properties come from a page however ours are set on the host; on an element of our own they do not.
  host.addStyles(theme.replaceAll(':host', ':is(.cb, .layer)'));

  const field = htmlElement('textarea', 'prompt');
  const chips = htmlElement('div', 'chips');
  const tools = htmlElement('div', 'tools');
  const send = htmlElement('button', 'button button-primary send');
  const below = htmlElement('div', 'below');
  const bar = htmlElement('div', 'bar');
  const box = htmlElement('div', 'box');
  field.rows = 2;
  field.dir = 'auto';
  field.placeholder = 'What should change here?';
  field.setAttribute('aria-label', 'What should change on this page?');
  dialog.setAttribute('aria-label', 'Codex Builder');
  send.type = 'button';
  bar.append(tools, send);
  dialog.append(box, below);

  const draft = openDraftKeeper(() => field.value);
  const prompt = openPrompt(field, { send: trySend, changed });
  box.append(field, prompt.full, chips, bar);
  let sendState: Parameters<Shell['setSend']>[0] = { label: 'Send' };

  function changed(): void {
    grow();
    showSend();
    draft.changed();
    for (const each of heard) each();
  }

  /** As high as its text, where the browser does not do that by itself. */
  function grow(): void {
    if (CSS.supports('field-sizing', 'content')) return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
  }

  function showSend(): void {
    const { label, blocked, isBusy = false } = sendState;
    const key = `${prompt.isSentByEnter() ? '' : isMac ? 'Cmd+' : 'Ctrl+'}Enter`;
    const hint = htmlElement('kbd');
    hint.textContent = key;
    hint.ariaHidden = 'true';
    send.replaceChildren(label, hint);
    send.ariaDisabled = String(blocked !== undefined || isBusy);
    send.ariaBusy = String(isBusy);
    send.title =
      blocked ?? (prompt.isSentByEnter() ? 'Enter sends; Shift+Enter begins a new line' : `${isMac ? 'Cmd' : 'Ctrl'}+Enter sends`);
  }

  function trySend(): void {
    if (panel && !host.isUnseen()) panel.send();
    else sendWhenReady = true;
  }

  /** Sends what was to be sent before it could be. */
  function sendOwed(): void {
    if (!panel || host.isUnseen() || !sendWhenReady) return;
    sendWhenReady = false;
    panel.send();
  }

  send.addEventListener('click', (event) => shield.isReal(event) && trySend());
  dialog.addEventListener('focusin', (event) => {
    last = event.target instanceof HTMLElement && event.target !== dialog ? event.target : last;
  });
  dialog.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!panel?.escape()) close();
  });
  // Beside the box: closing loses nothing, since the draft is kept. A press that only ends there was for something in it.
  let beganBeside = false;
  dialog.addEventListener('pointerdown', (event) => {
    beganBeside = isBeside(event);
  });
  dialog.addEventListener('click', (event) => beganBeside && isBeside(event) && close());

  function isBeside(event: MouseEvent): boolean {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const { target, clientX: x, clientY: y } = event;
    return target === dialog && shield.isReal(event) && (x < left || x > right || y < top || y > bottom);
  }

  const shell: Shell = {
    shadow,
    dialog,
    chips,
    tools,
    below,
    text: () => field.value,
    takeText: () => prompt.take(),
    putBack: prompt.putBack,
    onText(then) {
      heard.add(then);
      return () => heard.delete(then);
    },
    focusPrompt: () => field.focus({ preventScroll: true }),
    setHistory: prompt.setHistory,
    setSend(state) {
      sendState = state;
      showSend();
    },
    close,
    addStyles: host.addStyles,
    isReal: shield.isReal,
    setUnseen: (isUnseen) => dialog.classList.toggle('unseen', isUnseen),
    showLayer: host.showLayer,
  };

  function mount(open: OpenPanel): void {
    if (panel) return;
    panel = open(shell);
    if (host.isOpen()) panel.opened();
    photographOwed();
    sendOwed();
  }

  function photographOwed(): void {
    if (!panel || !owedPicture) return;
    panel.photographFirst(owedPicture);
    owedPicture = undefined;
  }

  function reveal(): void {
    host.reveal();
    sendOwed();
  }

  async function fetchPanel(): Promise<void> {
    Object.assign(globalThis, { [PANEL_PLACE]: mount });
    const answer = await ask('load_panel', {});
    if (!answer.ok) say(answer.message);
    else if (!answer.value.ok) say(answer.value.message);
  }

  function say(words: string): void {
    const line = htmlElement('p', 'said');
    line.textContent = words;
    below.replaceChildren(line);
  }

  function restore(text = ''): void {
    prompt.putBack(text);
    openedAt += text.length;
  }

  /** Where the caret was when the box came: what was typed before that belongs there. */
  let openedAt = 0;
  const isWebPage = /^https?:$/.test(location.protocol);
  let isFetched = false;

  showSend();
  return {
    host,
    guarded: {
      host: host.element,
      shadow,
      isHeld: host.isHeld,
      reclaim: host.reclaim,
      disturbed: host.disturbed,
      insert(text) {
        const target = last instanceof HTMLTextAreaElement && last.isConnected ? last : field;
        target.setRangeText(text, target.selectionStart, target.selectionEnd, 'end');
        target.dispatchEvent(new Event('input', { bubbles: true }));
      },
    },
    text: () => field.value,
    open({ text, pictureFirst = false } = {}) {
      last = field;
      openedAt = field.selectionStart;
      moment = pictureFirst && isWebPage ? openMoment(reveal) : undefined;
      host.show(moment && 'unseen');
      panel?.opened();
      owedPicture = moment;
      photographOwed();
      if (!isWebPage) say(NO_WEB_PAGE);
      if (text !== undefined) restore(text);
      if (!isWebPage || panel) return;
      afterPaint(() => void fetchPanel());
      if (!isFetched && text === undefined) void draft.read().then(restore);
      isFetched = true;
    },
    typed(text) {
      prompt.putBack(text, openedAt);
      openedAt += text.length;
    },
    close() {
      draft.flush();
      panel?.closed();
      moment?.drop();
      host.hide();
    },
    flush: draft.flush,
  };
}
