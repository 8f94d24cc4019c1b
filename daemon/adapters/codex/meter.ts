import type { TokenUsage } from '../../ports.ts';
import type { JsonObject } from './json.ts';
import { type ModelCall, type ModelEvent, readOutputs } from './model-stream.ts';

/** US dollars per million tokens. Cached input costs as much as other input unless said. */
export interface Prices {
  inputPerMillion: number;
  cachedInputPerMillion?: number;
  outputPerMillion: number;
}

/** Why the model could not be used; what the last request says counts. */
export interface ModelFailure {
  reason: 'signed_out' | 'rate_limited' | 'unreachable';
  detail: string;
}

/** What the relay knows of one attempt: its usage so far, whether it may go on, and what its tools answered. */
export interface Meter {
  readonly usage: TokenUsage;
  /** Set by the first request that came when the budget was used up. */
  readonly overBudget: string | undefined;
  readonly failure: ModelFailure | undefined;
  /** Before a request goes to the provider; the answer, if any, says why it must not. */
  refusal(): string | undefined;
  /** The body of a request that goes to the provider. */
  sent(body: JsonObject): void;
  received(event: ModelEvent): void;
  failed(failure: ModelFailure): void;
  /** Any sign of life. */
  touch(): void;
}

export interface MeterOptions {
  budget: { tokens?: number; costUsd?: number };
  prices?: Prices;
  /** The attempt's total so far. */
  onUsage(total: TokenUsage): void;
  onCall(call: ModelCall): void;
  onOutput(callId: string, text: string): void;
  onActivity(): void;
}

/** Starts an attempt at no usage. */
export function createMeter({ budget, prices, onUsage, onCall, onOutput, onActivity }: MeterOptions): Meter {
  let usage: TokenUsage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 };
  let overBudget: string | undefined;
  let failure: ModelFailure | undefined;
  /** Calls of this attempt whose output has not come back yet: a resumed thread repeats the outputs of earlier ones. */
  const open = new Set<string>();

  return {
    get usage() {
      return usage;
    },
    get overBudget() {
      return overBudget;
    },
    get failure() {
      return failure;
    },
    refusal() {
      overBudget ??= excessOf(usage, budget, prices);
      return overBudget;
    },
    sent(body) {
      for (const { callId, text } of readOutputs(body)) if (open.delete(callId)) onOutput(callId, text);
    },
    received(event) {
      if (event.type === 'call') {
        open.add(event.call.callId);
        onCall(event.call);
      } else if (event.type === 'usage') {
        usage = {
          inputTokens: usage.inputTokens + event.usage.inputTokens,
          cachedInputTokens: usage.cachedInputTokens + event.usage.cachedInputTokens,
          outputTokens: usage.outputTokens + event.usage.outputTokens,
        };
        onUsage(usage);
      } else if (event.type === 'completed') failure = undefined;
      else {
        const reason = reasonOf(event.code);
        if (reason) failure = { reason, detail: event.message };
      }
    },
    failed(next) {
      failure = next;
    },
    touch: onActivity,
  };
}

/** US dollars for a usage. */
export function costOf(usage: TokenUsage, prices: Prices): number {
  const fresh = Math.max(0, usage.inputTokens - usage.cachedInputTokens);
  const cached = usage.cachedInputTokens * (prices.cachedInputPerMillion ?? prices.inputPerMillion);
  return (fresh * prices.inputPerMillion + cached + usage.outputTokens * prices.outputPerMillion) / 1_000_000;
}

function excessOf(usage: TokenUsage, budget: MeterOptions['budget'], prices: Prices | undefined): string | undefined {
  const tokens = usage.inputTokens + usage.outputTokens;
  if (budget.tokens !== undefined && tokens >= budget.tokens) return `${tokens} of ${budget.tokens} tokens are used`;
  if (budget.costUsd === undefined || !prices) return undefined;
  const cost = costOf(usage, prices);
  return cost >= budget.costUsd ? `$${cost.toFixed(4)} of $${budget.costUsd} is used` : undefined;
}

function reasonOf(code: string): ModelFailure['reason'] | undefined {
  if (/quota|rate_limit|usage_limit/.test(code)) return 'rate_limited';
  if (/api_key|authentication|unauthorized/.test(code)) return 'signed_out';
  return /overloaded|server_error|unavailable/.test(code) ? 'unreachable' : undefined;
}
