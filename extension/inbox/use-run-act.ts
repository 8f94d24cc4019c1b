import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { nonce } from '#shared/pairing.ts';
import type { Run } from '#shared/run.ts';
import { isDecided, openKeyring } from '#shared/ui/keyring.ts';
import { ask } from '../ask.ts';
import type { Act } from '../messages.ts';
import type { Inbox } from './inbox-store.ts';

/** An act of a person on its way. `unsent`: nobody knows whether it was done; it goes again with the same key when the daemon is back. */
export type ActState =
  | { is: 'idle' }
  | { is: 'sending'; act: Act }
  | { is: 'unsent'; act: Act }
  | { is: 'refused'; code: string; message: string };

interface Wanted {
  act: Act;
  runId: string;
  body: unknown;
  done(run: Run): void;
}

export interface RunAct {
  state: ActState;
  isBusy(act: Act): boolean;
  run(wanted: Wanted): void;
}

/** What a person does to a run of this daemon: one key, one outcome, also when the background is stopped in between. */
export function useRunAct(inbox: Inbox, daemonId: string, isReady: boolean): RunAct {
  const [state, setState] = useState<ActState>({ is: 'idle' });
  const keyring = useMemo(() => openKeyring(nonce), [daemonId]);
  const last = useRef<Wanted | undefined>(undefined);

  async function send(wanted: Wanted): Promise<void> {
    const { act, runId, body } = wanted;
    setState({ is: 'sending', act });
    const asked = await ask('act', { daemonId, runId, act, body, key: keyring.keyFor([act, runId, body]) });
    if (last.current !== wanted) return;
    if (!asked.ok && asked.why === 'refused') {
      last.current = undefined;
      setState({ is: 'refused', code: 'bad_request', message: asked.message });
      return;
    }
    if (!asked.ok || (!asked.value.ok && asked.value.code === 'offline')) {
      setState({ is: 'unsent', act });
      return;
    }
    const result = asked.value;
    last.current = undefined;
    if (result.ok) {
      keyring.decided();
      setState({ is: 'idle' });
      inbox.take(daemonId, result.value.run);
      wanted.done(result.value.run);
      return;
    }
    if ('status' in result && isDecided(result.status)) keyring.decided();
    setState({ is: 'refused', code: result.code, message: result.message });
  }

  useEffect(() => {
    if (isReady && state.is === 'unsent' && last.current) void send(last.current);
  }, [isReady, state.is]);

  return {
    state,
    isBusy: (act) => (state.is === 'sending' || state.is === 'unsent') && state.act === act,
    run(wanted) {
      if (state.is === 'sending' || state.is === 'unsent') return;
      last.current = wanted;
      void send(wanted);
    },
  };
}
