import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { field, objectOf, parseObject, stringOf } from './json.ts';

/** A ChatGPT sign-in as Codex keeps it in `auth.json`. */
export interface SignInFile {
  text: string;
  accessToken: string;
  /** Works once: each renewal answers the next one. */
  refreshToken: string;
  accountId: string;
  /** When the access token stops working; undefined where it does not say. */
  expiresAt: number | undefined;
}

export type ReadSignIn = { found: 'signed_in'; file: SignInFile } | { found: 'nothing' } | { found: 'unusable'; why: string };

const MAX_BYTES = 256 * 1024;

/** Reads a sign-in. No link is followed, because Codex may have written it inside the sandbox. */
export function readSignIn(path: string): ReadSignIn {
  let text: string;
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = fstatSync(file);
      if (!facts.isFile() || facts.size > MAX_BYTES) return { found: 'unusable', why: 'is not a sign-in of Codex' };
      text = readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? { found: 'nothing' } : { found: 'unusable', why: String(error) };
  }
  const content = parseObject(text);
  const tokens = objectOf(field(content, 'tokens'));
  const accessToken = stringOf(field(tokens, 'access_token'));
  const refreshToken = stringOf(field(tokens, 'refresh_token'));
  const accountId = stringOf(field(tokens, 'account_id'));
  if (!accessToken || !refreshToken || !accountId) return { found: 'unusable', why: 'holds no ChatGPT sign-in' };
  return { found: 'signed_in', file: { text, accessToken, refreshToken, accountId, expiresAt: expiryOf(accessToken) } };
}

/** The sign-in without what renews it: two users of one refresh token would sign each other out. */
export function withoutRefreshToken({ text }: SignInFile): string {
  const content = parseObject(text);
  return JSON.stringify({ ...content, OPENAI_API_KEY: null, tokens: { ...objectOf(field(content, 'tokens')), refresh_token: '' } });
}

/** The sign-in with an access token that says it has expired, which is what makes Codex renew it; undefined where a token cannot say so. */
export function asIfExpired({ text, accessToken }: SignInFile): string | undefined {
  const [head, , signature] = accessToken.split('.');
  const claims = claimsOf(accessToken);
  if (!claims) return undefined;
  const payload = Buffer.from(JSON.stringify({ ...claims, exp: 1 })).toString('base64url');
  const content = parseObject(text);
  const tokens = { ...objectOf(field(content, 'tokens')), access_token: `${head}.${payload}.${signature}` };
  return JSON.stringify({ ...content, tokens });
}

function expiryOf(token: string): number | undefined {
  const expiry = claimsOf(token)?.['exp'];
  return typeof expiry === 'number' ? expiry * 1_000 : undefined;
}

function claimsOf(token: string) {
  const parts = token.split('.');
  return parts.length === 3 ? parseObject(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8')) : undefined;
}
