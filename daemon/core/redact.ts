/**
 * Replaces known secret values in a stream of text, also when one is split
 * across chunks: up to the longest secret's length is held back until more
 * comes or the stream ends. Values shorter than 8 characters are ignored.
 */
export function createRedactor(secrets: readonly string[]): { push(chunk: string): string; flush(): string } {
  const values = [...new Set(secrets.filter((value) => value.length >= 8))].sort((a, b) => b.length - a.length);
  const keep = values.length === 0 ? 0 : values[0]!.length - 1;
  let held = '';
  const clean = (text: string) => values.reduce((sofar, value) => sofar.split(value).join('[redacted]'), text);
  return {
    push(chunk) {
      const text = clean(held + chunk);
      let cut = Math.max(0, text.length - keep);
      // Hold back only what could still become a secret.
      while (cut < text.length && !values.some((value) => value.startsWith(text.slice(cut)))) cut++;
      held = text.slice(cut);
      return text.slice(0, cut);
    },
    flush() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}
