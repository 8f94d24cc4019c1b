import { type Observable, openObservable } from '#shared/observable.ts';
import type { Run } from '#shared/run.ts';
import { ask } from '../../ask.ts';
import type { Act, RunLook } from '../../messages.ts';
import type { Shell } from '../contract.ts';
import { freshKey } from './fresh-key.ts';
import type { PanelStore } from './panel-state.ts';

export type RunForm = 'reject' | 'revise' | 'cancel';

export interface DeskState {
  /** By run: what is known of it, or why nothing is. */
  looks: Readonly<Record<string, RunLook | { problem: string }>>;
  form?: { runId: string; form: RunForm };
  /** What was written in the forms, by run and form; closing one loses nothing. */
  words: Readonly<Record<string, string>>;
  /** By run: the act on its way, or what came of the last one. */
  acts: Readonly<Record<string, { act: Act; problem?: string }>>;
}

/** Where runs are looked at and decided on. */
export interface RunDesk {
  state: Observable<DeskState>;
  /** The page's runs may have changed. */
  heard(): void;
  show(runId: string | 'none'): void;
  setForm(form: DeskState['form']): void;
  /** Answers whether one was open. */
  closeForm(): boolean;
  write(words: string): void;
  act(run: Run, act: Act, body: unknown): Promise<void>;
  openPreview(run: Run): Promise<void>;
  /** It stands open; answers whether that was kept. */
  seen(run: Run): Promise<boolean>;
}

export function openRunDesk(shell: Shell, store: PanelStore): RunDesk {
  const state = openObservable<DeskState>({ looks: {}, words: {}, acts: {} });
  const change = (part: Partial<DeskState>) => state.set({ ...state.get(), ...part });
  const keys = new Map<string, string>();
  const looking = new Map<string, number>();

  /** Looks again when the run has moved on since. */
  async function look(run: Run): Promise<void> {
    const daemonId = store.get().view?.chosen;
    const known = state.get().looks[run.id];
    if (daemonId === undefined || looking.get(run.id) === run.version) return;
    if (known && 'version' in known && known.version >= run.version) return;
    looking.set(run.id, run.version);
    const answer = await ask('look', { daemonId, runId: run.id });
    looking.delete(run.id);
    const newest = state.get().looks[run.id];
    // Answers may overtake each other.
    if (newest && 'version' in newest && newest.version > run.version) return;
    const found = !answer.ok ? { problem: answer.message } : answer.value.ok ? answer.value.look : { problem: answer.value.message };
    change({ looks: { ...state.get().looks, [run.id]: found } });
  }

  function heard(): void {
    const run = store.shownRun();
    if (run) void look(run);
  }

  function closeForm(): boolean {
    const wasOpen = state.get().form !== undefined;
    if (wasOpen) {
      change({ form: undefined });
      shell.focusPrompt();
    }
    return wasOpen;
  }

  async function act(run: Run, name: Act, body: unknown): Promise<void> {
    const daemonId = store.get().view?.chosen;
    const done = (problem?: string) => {
      const { [run.id]: _, ...others } = state.get().acts;
      change({ acts: problem === undefined ? others : { ...others, [run.id]: { act: name, problem } } });
    };
    if (daemonId === undefined || isBusy(state.get(), run.id)) return;
    const what = JSON.stringify([run.id, name, body]);
    const key = keys.get(what) ?? freshKey();
    keys.set(what, key);
    change({ acts: { ...state.get().acts, [run.id]: { act: name } } });
    const answer = await ask('act', { daemonId, runId: run.id, act: name, body, key });
    if (!answer.ok) return done(answer.message);
    const result = answer.value;
    // What is not decided keeps its key: asking again is the same act.
    if (result.ok || (result.code !== 'offline' && 'status' in result && result.status < 500 && result.status !== 429)) keys.delete(what);
    if (!result.ok) return done(result.message);
    const { form, words } = state.get();
    if (form?.runId === run.id) {
      const { [`${run.id}/${form.form}`]: _, ...others } = words;
      change({ form: undefined, words: others });
      shell.focusPrompt();
    }
    done();
    store.showRun(daemonId, result.value.run);
    heard();
  }

  async function openPreview({ id: runId }: Run): Promise<void> {
    const daemonId = store.get().view?.chosen;
    if (daemonId === undefined) return;
    const answer = await ask('open_preview', { daemonId, runId });
    const problem = !answer.ok ? answer.message : answer.value.ok ? undefined : answer.value.message;
    store.change({ note: problem === undefined ? undefined : { level: 'error', title: 'The preview was not opened', text: problem } });
  }

  async function seen({ id: runId, version }: Run): Promise<boolean> {
    const daemonId = store.get().view?.chosen;
    if (daemonId === undefined) return false;
    const kept = await ask('seen', { daemonId, runId, version });
    return kept.ok && kept.value;
  }

  return {
    state,
    heard,
    openPreview,
    seen,
    show(runId) {
      store.change({ shown: runId });
      heard();
    },
    setForm: (form) => change({ form }),
    closeForm,
    write(text) {
      const { form, words } = state.get();
      if (form) change({ words: { ...words, [`${form.runId}/${form.form}`]: text } });
    },
    act,
  };
}

/** Whether something is being done with the run. */
export function isBusy({ acts }: DeskState, runId: string): boolean {
  return acts[runId] !== undefined && acts[runId].problem === undefined;
}
