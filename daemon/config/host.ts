import * as z from 'zod/mini';

/**
 * `<state>/host.jsonc` and `CODEX_BUILDER_*`: what this host allows. Refused in
 * the repository, so that no approved change can redirect a key or switch a sandbox off.
 */

const Positive = z.number().check(z.gt(0));

/** Words, the first of them a program. */
const CommandPattern = z.string().check(z.regex(/^[^\s,]+(?: [^\s,]+)*$/));
const HostName = z.string().check(z.regex(/^(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?$/));

/**
 * What would fail anyway, refused with a reason that spares the agent the search for another way: Codex Builder itself commits and
 * publishes, there is no other user to become, and nobody is reached by ssh.
 */
const DENIED = ['git commit', 'git push', 'git remote add', 'git remote set-url', 'npm publish', 'sudo', 'su', 'ssh', 'scp'];

const RegistryHost = z.string().check(z.regex(/^(?!-)[a-z0-9.-]{1,253}(:\d{1,5})?$/));

export const HostSettings = z.strictObject({
  sandbox: z.prefault(
    z.strictObject({
      provider: z.optional(z.enum(['bwrap', 'user+bwrap', 'none'])),
      /** What setup may reach, `name` or `name:port`. These names alone may lead to private addresses (a company's registry), never to this machine. */
      registryHosts: z._default(z.array(RegistryHost), ['registry.npmjs.org', 'registry.yarnpkg.com']),
      /** Certificates (PEM) that programs in the sandbox trust besides their own, for a registry of the company. Default: those this host's npm or system trusts. */
      caFile: z.optional(z.string().check(z.regex(/^\//))),
    }),
    {},
  ),
  /** What setup made is kept; what nobody uses goes after so long, or when all of it takes more than so much. */
  dependencies: z.prefault(
    z.strictObject({ unusedMs: z._default(Positive, 30 * 86_400_000), maxBytes: z._default(Positive, 20 * 1024 ** 3) }),
    {},
  ),
  agent: z.prefault(
    z.strictObject({
      model: z._default(z.string(), 'gpt-5.5'),
      reasoning: z.optional(z.enum(['low', 'medium', 'high', 'xhigh'])),
      /** Any server that speaks the Responses API, also one on this host (Ollama: `http://127.0.0.1:11434/v1`). `envKey` names the variable that holds its key. */
      provider: z.optional(
        z.strictObject({
          name: z._default(z.string(), 'custom'),
          baseUrl: z.string().check(z.regex(/^https?:\/\//)),
          envKey: z.optional(z.string()),
        }),
      ),
      /**
       * `auto`: an API key or a provider where there is one, else the ChatGPT sign-in in `<state>/codex-sign-in`.
       * `chatgpt`: the sign-in, whatever else is there.
       */
      signIn: z._default(z.enum(['auto', 'chatgpt']), 'auto'),
      /** All that an attempt with a ChatGPT sign-in may reach. A workspace whose data stays in its region has another one. */
      signInHosts: z._default(z.array(HostName).check(z.minLength(1)), ['chatgpt.com']),
      /**
       * What the agent may run, as words that a command begins with, `*` for any part of a word: `git push`, `npm run *`. Each program of a
       * pipeline, a group, a substitution or `sh -c` is judged. With `allow` nothing else runs, and nothing that cannot be read with
       * certainty; `deny` takes the place of the list given here. A refused command is recorded and the agent told why; `onDenied: "end"`
       * ends the attempt. This keeps an honest agent on its way. It is no boundary, because a program that may run can start any
       * other; the sandbox is.
       */
      commands: z.prefault(
        z.strictObject({
          allow: z.optional(z.array(CommandPattern)),
          deny: z._default(z.array(CommandPattern), DENIED),
          onDenied: z._default(z.enum(['refuse', 'end']), 'refuse'),
        }),
        {},
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
  /** How often the person's repository is looked at. */
  upstream: z.prefault(z.strictObject({ lookMs: z._default(z.number().check(z.gte(100)), 30_000) }), {}),
  gateway: z.prefault(z.strictObject({ domain: z.optional(z.string()), codexRedirect: z._default(z.boolean(), true) }), {}),
  diskFloorBytes: z._default(Positive, 2_147_483_648),
});
export type HostSettings = z.infer<typeof HostSettings>;
