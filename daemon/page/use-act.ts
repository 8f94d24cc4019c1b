import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { DoorName, DoorReply } from '#shared/api.ts';
import type { CallArguments, CallResult, Client } from '#shared/client.ts';
import { LinkLost } from '#shared/link.ts';
import { nonce } from '#shared/pairing.ts';
import { isDecided, openKeyring } from '#shared/ui/keyring.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import { useSession } from './session-context.ts';

export type Refusal = Extract<CallResult<never>, { ok: false }>;

/** An act of a person on its way. `unsent` was not answered: it goes again, with the same key, when the link is back. */
export type ActState = { is: 'idle' } | { is: 'sending' } | { is: 'unsent' } | { is: 'refused'; refusal: Refusal };

export interface Act<N extends DoorName> {
  state: ActState;
  busy: boolean;
  /** Does it once. A repeat of an act whose outcome is not known keeps its key. */
  run(request: Omit<CallArguments<N>, 'key'>): void;
  reset(): void;
}

/** A mutation as a person's act: one key, one outcome, sent again after a lost connection. */
export function useAct<N extends DoorName>(door: N, done?: (value: DoorReply<N>) => void): Act<N> {
  const { client, link } = useSession();
  const linkState = useObserved(link.state);
  const [state, setState] = useState<ActState>({ is: 'idle' });
  const keyring = useMemo(() => openKeyring(nonce), []);
  const last = useRef<Omit<CallArguments<N>, 'key'> | undefined>(undefined);
  const finish = useRef(done);
  finish.current = done;

  async function send(call: Client['call'], request: Omit<CallArguments<N>, 'key'>): Promise<void> {
    setState({ is: 'sending' });
    try {
      const result = await call(door, { ...request, key: keyring.keyFor(request) } as CallArguments<N>);
      if (result.ok || isDecided(result.status)) keyring.decided();
      last.current = undefined;
      if (result.ok) {
        setState({ is: 'idle' });
        finish.current?.(result.value);
      } else setState({ is: 'refused', refusal: result });
    } catch (lost) {
      if (!(lost instanceof LinkLost)) throw lost;
      setState({ is: 'unsent' });
    }
  }

  useEffect(() => {
    if (linkState.is === 'ready' && state.is === 'unsent' && last.current) void send(client.call, last.current);
  }, [linkState.is, state.is]);

  return {
    state,
    busy: state.is === 'sending' || state.is === 'unsent',
    run(request) {
      last.current = request;
      void send(client.call, request);
    },
    reset: () => setState({ is: 'idle' }),
  };
}
