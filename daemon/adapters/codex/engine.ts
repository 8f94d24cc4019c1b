import type { AgentEngine, AttemptOutcome, Clock, Ids, Log, Sandbox } from '../../ports.ts';
import { runAttempt } from './attempt.ts';
import type { CommandRules } from './command-rules.ts';
import type { Prices } from './meter.ts';
import { type ModelRoute, relayRoute } from './model-route.ts';
import { openReadiness } from './readiness.ts';
import { openRelay, type Relay } from './relay.ts';
import { openSignIn, type SignInOptions } from './sign-in.ts';
import { signInRoute } from './sign-in-route.ts';
import { whyUnreachable } from './upstream.ts';

export interface CodexEngineOptions {
  sandbox: Sandbox;
  /** From `findCodexBinary`; undefined makes the engine say that it is missing. */
  codexBinary: string | undefined;
  /** Path of the relay's unix socket on the host, in a folder that only the daemon can enter. At most 107 bytes. */
  relaySocket: string;
  /** Used where a request names none. */
  model: string;
  reasoning?: string;
  /** Who answers as the model, by the relay; undefined leaves the sign-in. */
  provider: { name: string; baseUrl: string; apiKey?: string; demo?: boolean } | undefined;
  /** The person's ChatGPT sign-in, used where there is no provider. It may be made while the engine is open. */
  signIn?: Pick<SignInOptions, 'folder' | 'hosts'> & { baseUrl?: string };
  /** Without prices a budget in dollars cannot be kept, and is not. */
  prices?: Prices;
  /** What the agent may run. */
  commands?: CommandRules;
  /** Folder of `command-judge.mjs`, needed with `commands`. */
  judgeFolder?: string;
  clock: Clock;
  ids: Ids;
  log: Log;
}

const CHATGPT = 'https://chatgpt.com/backend-api';
/** A provider that answered is not asked again so soon. */
const ANSWERED_FOR_MS = 30_000;

/** The real Codex CLI. The relay starts with the first attempt; `close` ends it and with it every attempt's way to the model. */
export function openCodexEngine(options: CodexEngineOptions): AgentEngine & { close(): Promise<void> } {
  const { sandbox, codexBinary, relaySocket, model, provider, clock, ids, log } = options;
  const signIn =
    codexBinary === undefined || options.signIn === undefined ? undefined : openSignIn({ ...options, ...options.signIn, codexBinary });
  let relay: Promise<Relay> | undefined;
  let answeredElapsed: number | undefined;

  const route = async (): Promise<ModelRoute | undefined> => {
    if (!provider)
      return signIn && options.signIn && signInRoute({ signIn, hosts: options.signIn.hosts, baseUrl: options.signIn.baseUrl ?? CHATGPT });
    relay ??= openRelay({ socket: relaySocket, upstream: provider, randomHex: ids.randomHex, log }).catch((error) => {
      relay = undefined;
      throw error;
    });
    return relayRoute(await relay, relaySocket);
  };

  const whySilent = async (): Promise<string | undefined> => {
    if (!provider || (answeredElapsed !== undefined && clock.elapsed() - answeredElapsed < ANSWERED_FOR_MS)) return undefined;
    const why = await whyUnreachable(provider.baseUrl);
    answeredElapsed = why === undefined ? clock.elapsed() : undefined;
    return why;
  };

  return {
    readiness: openReadiness({ sandbox, codexBinary, model, provider, whySilent, signIn }),

    async work(request) {
      if (request.signal.aborted) return nothingDone({ end: 'stopped' });
      if (codexBinary === undefined) return nothingDone({ end: 'failed', reason: 'crashed', detail: 'Codex is not installed' });
      try {
        const way = await route();
        if (way === undefined) return nothingDone({ end: 'failed', reason: 'signed_out', detail: 'no model provider is set up' });
        return await runAttempt({ ...options, codexBinary, route: way }, request);
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
