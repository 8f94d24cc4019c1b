import type { Refusal } from './commands.ts';
import type { RunFact } from './run-events.ts';

/** What follows from a command: facts to state (none is fine: it was so already), or why not. */
export type Decision = { ok: true; facts: readonly RunFact[] } | { ok: false; refusal: Refusal };

export const accept = (...facts: RunFact[]): Decision => ({ ok: true, facts });

export const refuse = (code: Refusal['code'], message: string, details?: Record<string, unknown>): Decision => ({
  ok: false,
  refusal: { code, message, ...(details === undefined ? {} : { details }) },
});
