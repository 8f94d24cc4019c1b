import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from '../../ports.ts';
import { packageFolderOf } from './binary.ts';
import { INSIDE } from './inside.ts';
import { asIfExpired, readSignIn, type SignInFile } from './sign-in-file.ts';

export interface RenewalParts {
  sandbox: Sandbox;
  codexBinary: string;
  /** Holds the person's `auth.json`. */
  folder: string;
  hosts: readonly string[];
}

/** Where sign-ins are renewed. */
const ISSUER = 'auth.openai.com';
const TIME_LIMIT_MS = 60_000;

export const signInPath = (folder: string): string => join(folder, 'auth.json');
const renewalFolder = (folder: string): string => join(folder, 'renewal');

/**
 * Lets Codex itself renew the sign-in, in a home of its own and reaching nothing but what it takes, and puts the result in the place of the
 * old one in one step. Answers whether it is renewed; a sign-in that the person made meanwhile is left as it is.
 */
export async function renewSignIn(parts: RenewalParts, old: SignInFile): Promise<boolean> {
  const { sandbox, codexBinary, folder, hosts } = parts;
  const expired = asIfExpired(old);
  if (expired === undefined) return false;
  const home = renewalFolder(folder);
  if (existsSync(home)) await sandbox.wipe(home);
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeFile(join(home, 'config.toml'), CONFIG);
  await writeFile(signInPath(home), expired, { mode: 0o600 });
  await sandbox.own(home, 0);
  const binaries = packageFolderOf(codexBinary);
  await sandbox.run({
    tag: 'codex/sign-in',
    seat: 0,
    // The smallest thing that Codex does in the person's name.
    argv: [codexBinary, 'debug', 'models'],
    cwd: '/tmp',
    mounts: [
      { host: binaries, inside: binaries, mode: 'ro' },
      { host: home, inside: INSIDE.home, mode: 'rw' },
    ],
    env: { CODEX_HOME: INSIDE.home },
    net: { kind: 'allow', hosts: [ISSUER, ...hosts] },
    onStdout() {},
    onStderr() {},
    timeoutMs: TIME_LIMIT_MS,
    signal: new AbortController().signal,
  });
  return adoptRenewed(parts, old);
}

/** Takes over what a renewal left, also one whose daemon died before it could: its refresh token is the only one that still works. */
export async function adoptRenewed({ sandbox, folder }: Pick<RenewalParts, 'sandbox' | 'folder'>, old: SignInFile): Promise<boolean> {
  const home = renewalFolder(folder);
  if (!existsSync(home)) return false;
  const made = readSignIn(signInPath(home));
  const now = readSignIn(signInPath(folder));
  const isNewer =
    made.found === 'signed_in' &&
    made.file.refreshToken !== old.refreshToken &&
    made.file.accountId === old.accountId &&
    now.found === 'signed_in' &&
    now.file.refreshToken === old.refreshToken;
  if (isNewer) await putInPlace(signInPath(folder), made.file.text);
  await sandbox.wipe(home);
  await rm(home, { recursive: true, force: true });
  return isNewer;
}

async function putInPlace(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  await rm(fresh, { force: true });
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}

const CONFIG = `cli_auth_credentials_store = "file"
check_for_update_on_startup = false
[analytics]
enabled = false
[features]
plugins = false
apps = false
remote_plugin = false
`;
