import type { Clock, Log, Sandbox } from '../../ports.ts';
import { adoptRenewed, renewSignIn, signInPath } from './renew-sign-in.ts';
import { readSignIn, type SignInFile, withoutRefreshToken } from './sign-in-file.ts';

export interface SignInOptions {
  /** The person's Codex home for Codex Builder: `CODEX_HOME=<folder> codex login` puts `auth.json` there. */
  folder: string;
  hosts: readonly string[];
  sandbox: Sandbox;
  codexBinary: string;
  clock: Clock;
  log: Log;
}

export type Pass =
  /** Text of an `auth.json` for one turn, and the values in it that must not appear in any log. */
  { ok: true; text: string; secrets: readonly string[] } | { ok: false; reason: 'signed_out'; detail: string; remedy: string };

/** The person's ChatGPT sign-in. The daemon alone renews it, one renewal at a time; turns get copies that cannot. */
export interface SignIn {
  /** Whether there is anything to try. */
  isThere(): boolean;
  /** A sign-in that lasts for so long, as far as there is one. */
  pass(forMs: number): Promise<Pass>;
  /** ChatGPT did not take it: the next pass is a renewed one or none. */
  doubt(): void;
}

/** How long before its end a sign-in is renewed. */
const MARGIN_MS = 10 * 60_000;
/** A renewal that failed is not tried again so soon. */
const PAUSE_MS = 60_000;

/** The command by which a person signs in. */
export const signInCommand = (folder: string, codexBinary: string): string => `CODEX_HOME=${quoted(folder)} ${quoted(codexBinary)} login`;
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

export function openSignIn(options: SignInOptions): SignIn {
  const { folder, codexBinary, clock, log } = options;
  const path = signInPath(folder);
  /** Refresh token of a sign-in that ChatGPT refused. */
  let doubted: string | undefined;
  let failed: { refreshToken: string; elapsed: number } | undefined;
  let renewing: Promise<void> | undefined;
  let adopted = false;

  const refuse = (detail: string): Pass => ({
    ok: false,
    reason: 'signed_out',
    detail,
    remedy: `Sign in: ${signInCommand(folder, codexBinary)}`,
  });
  const isGood = (file: SignInFile, forMs: number) =>
    file.refreshToken !== doubted && (file.expiresAt === undefined || file.expiresAt > clock.now() + forMs);

  const renew = async (file: SignInFile) => {
    if (failed?.refreshToken === file.refreshToken && clock.elapsed() - failed.elapsed < PAUSE_MS) return;
    const isRenewed = (!adopted && (await adoptRenewed(options, file))) || (await renewSignIn(options, file));
    adopted = true;
    failed = isRenewed ? undefined : { refreshToken: file.refreshToken, elapsed: clock.elapsed() };
    log(isRenewed ? 'info' : 'warn', isRenewed ? 'ChatGPT sign-in renewed' : 'ChatGPT sign-in could not be renewed', {});
  };

  return {
    isThere: () => readSignIn(path).found !== 'nothing',
    async pass(forMs) {
      let read = readSignIn(path);
      if (read.found === 'signed_in' && !isGood(read.file, forMs + MARGIN_MS)) {
        const { file } = read;
        renewing ??= renew(file).finally(() => {
          renewing = undefined;
        });
        await renewing;
        read = readSignIn(path);
      }
      if (read.found === 'nothing') return refuse('Codex is not signed in to ChatGPT.');
      if (read.found === 'unusable') return refuse(`${path} ${read.why}.`);
      if (!isGood(read.file, 0))
        return refuse('The ChatGPT sign-in has ended and could not be renewed: it was taken back, or there is no network.');
      const { accessToken, refreshToken } = read.file;
      return { ok: true, text: withoutRefreshToken(read.file), secrets: [accessToken, refreshToken] };
    },
    doubt() {
      const read = readSignIn(path);
      if (read.found === 'signed_in') doubted = read.file.refreshToken;
    },
  };
}
