/** What the text that goes back to the model says about a call. */
export interface ToolOutput {
  exitCode?: number;
  /** The command goes on in the background under this number. */
  session?: string;
  /** Why the tool did nothing. */
  refused?: string;
  output?: string;
}

const MAX_REFUSAL = 500;
const PART_BYTES = 8 * 1024;

/** Reads the head that Codex puts before a command's own output; the command has no say in it. */
export function readToolOutput(text: string): ToolOutput {
  const at = /^Output:$/m.exec(text);
  const head = at ? text.slice(0, at.index) : '';
  const body = at ? text.slice(at.index + 'Output:\n'.length) : '';
  const exit = /^(?:Process exited with code|Exit code:) (-?\d+)$/m.exec(head);
  if (exit) return { exitCode: Number(exit[1]), output: body };
  const session = /^Process running with session ID (\S+)$/m.exec(head);
  if (session) return { session: session[1]!, output: body };
  return /^aborted/.test(text) ? {} : { refused: text.slice(0, MAX_REFUSAL) };
}

/** The first and the last 8 KiB of a text. */
export function clip(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= 2 * PART_BYTES) return text;
  const marker = `\n… ${bytes.length - 2 * PART_BYTES} bytes left out …\n`;
  const room = PART_BYTES - Math.ceil(marker.length / 2) - 4;
  return wholeCharacters(bytes.subarray(0, room)) + marker + wholeCharacters(bytes.subarray(-room));
}

/** A cut in the middle of a character leaves replacement characters at the edge. */
const wholeCharacters = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFFFD+|\uFFFD+$/g, '');
