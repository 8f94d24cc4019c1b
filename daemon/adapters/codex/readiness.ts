import { access, constants } from 'node:fs/promises';
import type { AgentReadiness, ProcessOutcome, Sandbox, SandboxRequest } from '../../ports.ts';
import { CODEX_VERSION, packageFolderOf } from './binary.ts';
import type { SignIn } from './sign-in.ts';

export interface ReadinessParts {
  sandbox: Sandbox;
  codexBinary: string | undefined;
  model: string;
  provider: { name: string; demo?: boolean } | undefined;
  /** Why the provider does not answer; undefined when it does. */
  whySilent?: () => Promise<string | undefined>;
  /** Used where there is no provider. */
  signIn?: SignIn;
}

type Ready = AgentReadiness & { ready: true };
type NotReady = AgentReadiness & { ready: false };

const TRIAL_TIMEOUT_MS = 30_000;

/**
 * Answers whether an attempt can begin. The binary is tried once a start, inside the sandbox: its version, and whether the
 * sandbox it nests for its commands starts there, because Codex itself goes on without complaint when it does not.
 * A trial that failed is made again at the next question. The provider has to answer anything at all, so that a local server that is not
 * running is known before a slot is spent; a sign-in has to hold, and is renewed when it is about to end.
 */
export function openReadiness({ sandbox, codexBinary, model, provider, whySilent, signIn }: ReadinessParts): () => Promise<AgentReadiness> {
  let trial: Promise<NotReady | undefined> | undefined;

  const tryBinary = async (binary: string): Promise<NotReady | undefined> => {
    const found = await access(binary, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!found) return missing;
    const version = await runIn(sandbox, [binary, '--version'], binary);
    if (version.outcome.end !== 'exited' || version.outcome.code !== 0) return refused('the Codex binary does not start', version);
    const number = /(\d+\.\d+\.\d+\S*)/.exec(version.output)?.[1] ?? version.output.trim();
    if (number !== CODEX_VERSION)
      return {
        ready: false,
        reason: 'wrong_version',
        detail: `Codex ${number} is installed, ${CODEX_VERSION} is needed`,
        remedy: `npm install @openai/codex@${CODEX_VERSION}`,
      };
    const nested = await runIn(sandbox, [binary, 'sandbox', '-c', 'sandbox_mode="workspace-write"', '--', 'true'], binary);
    return nested.outcome.end === 'exited' && nested.outcome.code === 0
      ? undefined
      : refused('the sandbox that Codex nests for its commands does not start', nested);
  };

  const tryModel = async (): Promise<NotReady | undefined> => {
    if (provider) {
      const why = await whySilent?.();
      return why === undefined ? undefined : silent(provider.name, why);
    }
    const pass = await signIn?.pass(0);
    if (pass?.ok === true) return undefined;
    return pass && signIn?.isThere()
      ? { ready: false, reason: pass.reason, detail: pass.detail, remedy: pass.remedy }
      : signedOut(pass?.remedy);
  };

  return async () => {
    if (codexBinary === undefined) return missing;
    const silence = await tryModel();
    if (silence) return silence;
    trial ??= tryBinary(codexBinary);
    const problem = await trial;
    if (problem) {
      trial = undefined;
      return problem;
    }
    return {
      ready: true,
      engine: 'codex',
      version: CODEX_VERSION,
      model,
      provider: provider?.name ?? 'ChatGPT',
      demo: provider?.demo ?? false,
    } satisfies Ready;
  };
}

const signedOut = (signIn: string | undefined): NotReady => ({
  ready: false,
  reason: 'signed_out',
  detail: 'Codex has no model: no API key, no provider and no ChatGPT sign-in.',
  remedy: `Set CODEX_BUILDER_AGENT_API_KEY and start again${signIn === undefined ? '.' : `, or use your ChatGPT account. ${signIn}`}`,
});
const silent = (provider: string, why: string): NotReady => ({
  ready: false,
  reason: 'unreachable',
  detail: `The model provider ${provider} does not answer: ${why}.`,
  remedy: 'Start it, or mend agent.provider.baseUrl in host.jsonc.',
});
const missing: NotReady = {
  ready: false,
  reason: 'engine_missing',
  detail: 'the Codex binary is not installed for this machine',
  remedy: `npm install @openai/codex@${CODEX_VERSION}`,
};

const refused = (what: string, { outcome, output }: Trial): NotReady => ({
  ready: false,
  reason: 'sandbox_refused',
  detail: `${what}: ${outcome.end === 'not_started' ? outcome.detail : `${outcome.stderrTail} ${output}`.trim().slice(-500)}`,
  remedy: 'Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap).',
});

interface Trial {
  outcome: ProcessOutcome;
  output: string;
}

async function runIn(sandbox: Sandbox, argv: SandboxRequest['argv'], binary: string): Promise<Trial> {
  const folder = packageFolderOf(binary);
  let output = '';
  const outcome = await sandbox.run({
    tag: 'codex/readiness',
    seat: 0,
    argv,
    cwd: '/tmp',
    mounts: [{ host: folder, inside: folder, mode: 'ro' }],
    env: {},
    net: { kind: 'none' },
    onStdout: (chunk) => {
      output = (output + chunk.toString('utf8')).slice(0, 4_000);
    },
    onStderr: () => {},
    timeoutMs: TRIAL_TIMEOUT_MS,
    nestedSandbox: true,
    signal: new AbortController().signal,
  });
  return { outcome, output };
}
