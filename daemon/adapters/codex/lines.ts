/** Turns chunks of bytes into lines of text. */
export interface LineSplitter {
  push(chunk: Uint8Array): void;
  /** Hands over a last line that has no end. */
  end(): void;
}

/** Calls `onLine` for each line. A line of more than `maxBytes` is left out and counted by `onTooLong`; nothing throws on odd bytes. */
export function splitLines(maxBytes: number, onLine: (line: string) => void, onTooLong: () => void = () => {}): LineSplitter {
  let parts: Uint8Array[] = [];
  let bytes = 0;

  const add = (part: Uint8Array) => {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(part);
    else parts = [];
  };
  const finish = () => {
    if (bytes > maxBytes) onTooLong();
    else if (bytes > 0) onLine(Buffer.concat(parts).toString('utf8').replace(/\r$/, ''));
    parts = [];
    bytes = 0;
  };

  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        add(chunk.subarray(from, at));
        finish();
        from = at + 1;
      }
      if (from < chunk.length) add(Uint8Array.from(chunk.subarray(from)));
    },
    end: finish,
  };
}
