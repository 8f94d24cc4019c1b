/** One line that looks like a credential. The value itself is never part of it. */
export interface SecretFinding {
  kind: string;
  line: number;
}

// No repetition without an upper bound: a line may be a megabyte long and was written by an agent.
// biome-ignore format: a table is read by column
const SHAPES: readonly { kind: string; shape: RegExp }[] = [
  { kind: 'private key',         shape: /-----BEGIN (?:RSA |EC |OPENSSH |DSA |ENCRYPTED )?PRIVATE KEY-----/ },
  { kind: 'AWS access key',      shape: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { kind: 'GitHub token',        shape: /\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{40}/ },
  { kind: 'OpenAI key',          shape: /\bsk-(?:proj-|svcacct-)?(?=[A-Za-z0-9_-]{0,40}\d)(?=[A-Za-z0-9_-]{0,40}[A-Z])[A-Za-z0-9_-]{32}/ },
  { kind: 'Slack token',         shape: /\bxox[abprs]-[A-Za-z0-9-]{20}/ },
  { kind: 'Stripe live key',     shape: /\b[rs]k_live_[A-Za-z0-9]{20}/ },
  { kind: 'Google API key',      shape: /\bAIza[0-9A-Za-z_-]{35}/ },
  { kind: 'npm token',           shape: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { kind: 'password in a URL',   shape: /\b[A-Za-z][A-Za-z0-9+.-]{2,31}:\/\/[^/\s:@'"]{1,64}:[^/\s:@'"${}<>*]{6,128}@/ },
];

/** Looks for credentials in the lines a patch adds (those beginning with `+`), in time linear in their length. */
export function secretsInPatch(patch: string): readonly SecretFinding[] {
  const found: SecretFinding[] = [];
  let line = 0;
  for (const text of patch.split('\n')) {
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(text);
    if (hunk) {
      line = Number(hunk[1]) - 1;
      continue;
    }
    if (!text.startsWith('-') && !text.startsWith('\\')) line++;
    if (!text.startsWith('+')) continue;
    for (const { kind, shape } of SHAPES) if (shape.test(text)) found.push({ kind, line });
  }
  return found;
}
