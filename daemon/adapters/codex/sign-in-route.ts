import type { TokenUsage } from '../../ports.ts';
import { placeSignIn } from './codex-home.ts';
import { field, type JsonObject, numberOf, objectOf } from './json.ts';
import type { ModelFailure } from './meter.ts';
import type { ModelRoute } from './model-route.ts';
import { callOf, readOutputs } from './model-stream.ts';
import { openRollout } from './rollout.ts';
import type { SignIn } from './sign-in.ts';

export interface SignInRouteOptions {
  signIn: SignIn;
  /** All that a turn may reach. */
  hosts: readonly string[];
  baseUrl: string;
}

/**
 * By the person's ChatGPT sign-in: Codex speaks to ChatGPT itself, through a proxy that connects to `hosts` only. Its home holds a copy of
 * the sign-in for as long as the turn takes, closed to the commands of the agent and without what renews it. Nobody
 * sits in between, so usage and tool calls are read from the file in which Codex writes down its thread.
 */
export function signInRoute({ signIn, hosts, baseUrl }: SignInRouteOptions): ModelRoute {
  return {
    access: { kind: 'sign-in', baseUrl },
    async enter({ meter, codexHome, threadId, timeoutMs, onOverBudget }) {
      const pass = await signIn.pass(timeoutMs);
      if (!pass.ok) return { refused: { reason: pass.reason, detail: `${pass.detail} ${pass.remedy}` } };
      await placeSignIn(codexHome, pass.text);

      let goesOn = false;
      const rollout = openRollout(codexHome, threadId, (line) => {
        meter.touch();
        const payload = objectOf(field(line, 'payload')) ?? {};
        if (field(line, 'type') === 'token_usage_record') {
          meter.received({ type: 'usage', usage: usageOf(payload) });
          // The response is whole. One without a tool call is the turn's last.
          if (goesOn && meter.refusal() !== undefined) onOverBudget();
          goesOn = false;
        } else if (field(line, 'type') === 'response_item') {
          for (const event of callOf(payload)) {
            meter.received(event);
            goesOn = true;
          }
          if (readOutputs({ input: [payload] }).length > 0) meter.sent({ input: [payload] });
        }
      });
      return {
        net: { kind: 'allow', hosts },
        env: {},
        secrets: pass.secrets,
        thread(id) {
          rollout.follow(id);
          rollout.drain();
        },
        drain: () => rollout.drain(),
        failureOf(message) {
          const failure = failureIn(message);
          if (failure?.reason === 'signed_out') signIn.doubt();
          return failure;
        },
        async leave() {
          rollout.close();
          await placeSignIn(codexHome, undefined);
        },
      };
    },
  };
}

function usageOf(payload: JsonObject): TokenUsage {
  const usage = field(payload, 'usage');
  const count = (name: string) => Math.max(0, numberOf(field(usage, name)) ?? 0);
  return { inputTokens: count('input_tokens'), cachedInputTokens: count('cached_input_tokens'), outputTokens: count('output_tokens') };
}

/** What Codex's words about a failed turn mean. The first that fits counts. */
const MEANINGS: readonly [RegExp, ModelFailure['reason']][] = [
  [/usage limit|rate limit|quota|\b429\b/i, 'rate_limited'],
  [/\b401\b|\b403\b|sign in again|log out|\/oauth\/token|not logged in/i, 'signed_out'],
  [/high demand|routing discovery|stream disconnected|error sending request|timed? ?out|waiting for network|\b5\d\d\b/i, 'unreachable'],
];

/** Undefined where the words are about something else than the way to the model. */
function failureIn(message: string): ModelFailure | undefined {
  const reason = MEANINGS.find(([words]) => words.test(message))?.[1];
  return reason === undefined ? undefined : { reason, detail: `ChatGPT: ${message.slice(0, 500)}` };
}
