import type { SandboxNet } from '../../ports.ts';
import type { ModelAccess } from './codex-config.ts';
import { RELAY_PORT, TOKEN_VARIABLE } from './inside.ts';
import type { Meter, ModelFailure } from './meter.ts';
import type { Relay } from './relay.ts';

/** A turn that wants to reach its model. */
export interface TurnAtDoor {
  meter: Meter;
  /** Home of Codex on the host, as it is before the turn. */
  codexHome: string;
  /** The thread that goes on; undefined of a new one. */
  threadId: string | undefined;
  timeoutMs: number;
  /** The budget is used up and the turn cannot be refused its next request. */
  onOverBudget(): void;
}

/** The way of one turn to its model, and what is seen on it. */
export interface Passage {
  net: SandboxNet;
  env: Readonly<Record<string, string>>;
  /** Values that must not appear in any log. */
  secrets: readonly string[];
  /** The thread has this name. */
  thread(threadId: string): void;
  /** Looks at what has happened since. */
  drain(): void;
  /** What the last words of a turn mean; undefined where the meter knows better. */
  failureOf(message: string): ModelFailure | undefined;
  leave(): Promise<void>;
}

/** How attempts reach their model. */
export interface ModelRoute {
  readonly access: ModelAccess;
  enter(turn: TurnAtDoor): Promise<Passage | { refused: ModelFailure }>;
}

/** By the relay: it adds the key, meters each request and refuses the next one when the budget is used up. */
export function relayRoute(relay: Relay, socket: string): ModelRoute {
  return {
    access: { kind: 'relay' },
    async enter({ meter }) {
      const guest = relay.admit(meter);
      return {
        net: { kind: 'relay', socket, port: RELAY_PORT },
        env: { [TOKEN_VARIABLE]: guest.token },
        secrets: [guest.token],
        thread() {},
        drain() {},
        failureOf: () => undefined,
        leave: async () => guest.dismiss(),
      };
    },
  };
}
