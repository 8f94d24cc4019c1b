/**
 * A secret as it may turn up in a program's output: as it is, in a URL, in JSON, in
 * base64 at any of the three alignments. Short ones are left to the redactor to ignore.
 */
export function encodingsOf(secret: string): readonly string[] {
  if (secret.length < 8) return [];
  const base64 = [0, 1, 2].map((offset) => {
    const bytes = Buffer.from('\0'.repeat(offset) + secret);
    // What the neighbours share is left out: the characters before the first whole one of ours and after the last.
    const from = Math.ceil((offset * 4) / 3);
    const to = Math.floor((bytes.length * 4) / 3);
    return bytes.toString('base64').slice(from, to);
  });
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...base64];
  return [...new Set([...forms, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))])];
}
