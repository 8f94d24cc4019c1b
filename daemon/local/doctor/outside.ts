import type { HostSettings } from '../../config/host.ts';

/** What was found, or what is wrong and what to do about it. */
export type Looked = { ok: true; found: string } | { ok: false; found: string; remedy: string };

/** What doctor cannot see by itself: the daemon's own adapters look for it, as they would for the daemon. */
export interface Outside {
  /** Opens the sandbox and tries each of its promises; then the Codex binary inside it. */
  confinement(provider: HostSettings['sandbox']['provider']): Promise<{ sandbox: readonly Looked[]; codex: Looked }>;
  /** The person's repository: its main, and what stands there. */
  repository(
    path: string,
  ): Promise<{ ok: true; main: string; settings: string | undefined; usesLfs: boolean } | { ok: false; found: string; remedy: string }>;
  /** The ChatGPT sign-in of a state folder: whether there is one, whether it can be used, and how a person makes one. */
  signIn(stateFolder: string): { there: boolean } & Looked;
  /** The gateway on a control socket. */
  gateway(
    socket: string,
  ): Promise<{ running: true; port: number; live: string | undefined } | { running: false; found?: string; remedy?: string }>;
}
