import type { AgentEngine, AttemptOutcome, Clock, Ids, Log, Sandbox } from '../../ports.ts';
import { runAttempt } from './attempt.ts';
import type { Prices } from './meter.ts';
import { openReadiness } from './readiness.ts';
import { openRelay, type Relay } from './relay.ts';

export interface CodexEngineOptions {
  sandbox: Sandbox;
  /** From `findCodexBinary`; undefined makes the engine say that it is missing. */
  codexBinary: string | undefined;
  /** Path of the relay's unix socket on the host, in a folder that only the daemon can enter. At most 107 bytes. */
  relaySocket: string;
  /** Used where a request names none. */
  model: string;
  reasoning?: string;
  /** Who answers as the model; undefined is signed out. */
  provider: { name: string; baseUrl: string; apiKey?: string; demo?: boolean } | undefined;
  /** Without prices a budget in dollars cannot be kept, and is not. */
  prices?: Prices;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** The real Codex CLI. The relay starts with the first attempt; `close` ends it and with it every attempt's way to the model. */
export function openCodexEngine(options: CodexEngineOptions): AgentEngine & { close(): Promise<void> } {
  const { sandbox, codexBinary, relaySocket, model, provider, ids, log } = options;
  let relay: Promise<Relay> | undefined;

  return {
    readiness: openReadiness({ sandbox, codexBinary, model, provider }),

    async work(request) {
      if (request.signal.aborted) return nothingDone({ end: 'stopped' });
      if (!provider || codexBinary === undefined)
        return nothingDone({
          end: 'failed',
          reason: provider ? 'crashed' : 'signed_out',
          detail: provider ? 'Codex is not installed' : 'no model provider is set up',
        });
      try {
        relay ??= openRelay({ socket: relaySocket, upstream: provider, randomHex: ids.randomHex, log }).catch((error) => {
          relay = undefined;
          throw error;
        });
        return await runAttempt({ ...options, codexBinary, relay: await relay }, request);
      } catch (error) {
        log('error', 'an attempt could not be run', { runId: request.runId, attempt: request.attempt, detail: String(error) });
        return nothingDone({ end: 'failed', reason: 'crashed', detail: error instanceof Error ? error.message : String(error) });
      }
    },

    async close() {
      const open = await relay?.catch(() => undefined);
      relay = undefined;
      await open?.close();
    },
  };
}

type Ending = { end: 'stopped' } | { end: 'failed'; reason: 'signed_out' | 'crashed'; detail: string };
const nothingDone = (ending: Ending): AttemptOutcome => ({
  ...ending,
  usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 },
  durationMs: 0,
  survivors: [],
});
