import * as z from 'zod/mini';

/**
 * `<state>/host.jsonc` and `CODEX_BUILDER_*`: what this host allows. Refused in
 * the repository, so that no approved change can redirect a key or switch a sandbox off.
 */

const Positive = z.number().check(z.gt(0));

export const HostSettings = z.strictObject({
  sandbox: z.prefault(z.strictObject({ provider: z.optional(z.enum(['bwrap', 'user+bwrap', 'none'])) }), {}),
  agent: z.prefault(
    z.strictObject({
      model: z._default(z.string(), 'gpt-5.5'),
      reasoning: z.optional(z.enum(['low', 'medium', 'high', 'xhigh'])),
      /** Any server that speaks the Responses API. `envKey` names the variable that holds its key. */
      provider: z.optional(
        z.strictObject({
          name: z._default(z.string(), 'custom'),
          baseUrl: z.string().check(z.regex(/^https?:\/\//)),
          envKey: z.optional(z.string()),
        }),
      ),
      /** Dollars per million tokens, for cost and budgets. */
      prices: z.optional(z.strictObject({ input: Positive, output: Positive })),
      stallMs: z._default(Positive, 3_600_000),
    }),
    {},
  ),
  /** Tokens and dollars; a day is one of UTC. */
  budgets: z.prefault(
    z.strictObject({
      runTokens: z.optional(Positive),
      runCostUsd: z.optional(Positive),
      dayTokens: z.optional(Positive),
      dayCostUsd: z.optional(Positive),
      authorDayTokens: z.optional(Positive),
      authorDayCostUsd: z.optional(Positive),
    }),
    {},
  ),
  gateway: z.prefault(z.strictObject({ domain: z.optional(z.string()), codexRedirect: z._default(z.boolean(), true) }), {}),
  diskFloorBytes: z._default(Positive, 2_147_483_648),
});
export type HostSettings = z.infer<typeof HostSettings>;
