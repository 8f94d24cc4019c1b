/** What kind of private thing something looks like. */
export type SecretKind = 'password' | 'field' | 'private' | 'card' | 'email' | 'token' | 'frame' | 'person';

/**
 * A text that knows which parts of it are private. Private parts are written as a word in brackets
 * until the person says that this one may be seen.
 */
export type Masked = readonly Piece[];
export type Piece = string | Secret;

/** `id` is the same wherever the same value stands, so that showing it once is showing it everywhere. */
export interface Secret {
  id: string;
  kind: SecretKind;
  value: string;
}

/** For a person, and in the text that is sent in place of the value. */
export const KIND_WORDS: Readonly<Record<SecretKind, string>> = {
  password: 'password',
  field: 'input',
  private: 'private',
  card: 'card number',
  email: 'email',
  token: 'token',
  frame: 'frame of another site',
  person: 'covered',
};

export function secretOf(kind: SecretKind, value: string): Secret {
  return { id: `${kind}:${value}`, kind, value };
}

/** The text as it is sent: at most `limit` characters, private parts written out only when their id is among `shown`. */
export function writeMasked(text: Masked, shown: ReadonlySet<string>, limit = Number.POSITIVE_INFINITY): string {
  let out = '';
  for (const piece of text) {
    if (typeof piece === 'string') out += piece;
    else out += shown.has(piece.id) ? piece.value : `[${KIND_WORDS[piece.kind]}]`;
    if (out.length > limit) return `${out.slice(0, Math.max(0, limit - 1))}…`;
  }
  return out;
}

/** The private parts of a text, each once. */
export function secretsOf(...texts: readonly Masked[]): readonly Secret[] {
  const found = new Map<string, Secret>();
  for (const text of texts) for (const piece of text) if (typeof piece !== 'string') found.set(piece.id, piece);
  return [...found.values()];
}
