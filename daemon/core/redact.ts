const MASK = '[redacted]';

/**
 * Replaces known secret values in a stream of text, also when one is split
 * across chunks: what could still become one, less than the longest secret's
 * length, is held back until more comes or the stream ends. Where one secret begins
 * another, the longer one is taken. Values shorter than 8 characters are ignored.
 */
export function createRedactor(secrets: readonly string[]): { push(chunk: string): string; flush(): string } {
  const values = [...new Set(secrets.filter((value) => value.length >= 8))].sort((a, b) => b.length - a.length);
  const keep = values.length === 0 ? 0 : values[0]!.length - 1;
  const any = new RegExp(values.map((value) => value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  let held = '';

  /** Where, from `from` on, the text ends in the beginning of a secret; its length when it does not. */
  function openAt(text: string, from: number): number {
    for (let at = Math.max(from, text.length - keep); at < text.length; at++) {
      const rest = text.slice(at);
      if (values.some((value) => value.length > rest.length && value.startsWith(rest))) return at;
    }
    return text.length;
  }

  function clean(text: string, ends: boolean): string {
    let done = '';
    let at = 0;
    for (;;) {
      any.lastIndex = at;
      const match = values.length === 0 ? null : any.exec(text);
      const open = ends ? text.length : openAt(text, at);
      if (match === null || open <= match.index) {
        held = text.slice(open);
        return done + text.slice(at, open);
      }
      done += text.slice(at, match.index) + MASK;
      at = match.index + match[0].length;
    }
  }

  return {
    push: (chunk) => clean(held + chunk, false),
    flush: () => clean(held, true),
  };
}
