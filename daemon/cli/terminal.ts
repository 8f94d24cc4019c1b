import { createInterface } from 'node:readline/promises';

/** Where a command speaks: answers on `out`, everything else on `err`. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Asks for yes or no; undefined where nobody can be asked. */
  ask: ((question: string) => Promise<boolean>) | undefined;
  /** Colours a word where colours are wanted, else leaves it as it is. */
  paint(colour: Colour, text: string): string;
  /** Writes one line over the one before; undefined where lines stay. */
  live: ((line: string) => void) | undefined;
  /** All of standard input. */
  input(): Promise<string>;
  /** Aborted by Ctrl-C. Once asked for, Ctrl-C no longer ends the process by itself; a second one does. */
  interrupted(): AbortSignal;
}

const COLOURS = { green: 32, yellow: 33, red: 31, cyan: 36, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof COLOURS;

/** The terminal of this process. Colours only on a terminal, and none when NO_COLOR says so. */
export function openTerminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  const dumb = env['TERM'] === 'dumb';
  const coloured = process.stdout.isTTY === true && !env['NO_COLOR'] && !dumb;
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    ask: canAsk ? ask : undefined,
    paint: (colour, text) => (coloured ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text),
    live: process.stderr.isTTY === true && !dumb ? (line) => void process.stderr.write(`\r\u001b[2K${line}`) : undefined,
    input,
    interrupted,
  };
}

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    return /^y(es)?$/i.test((await Promise.race([lines.question(`${question} [y/N] `), closed])).trim());
  } finally {
    lines.close();
  }
}

async function input(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function interrupted(): AbortSignal {
  const told = new AbortController();
  process.once('SIGINT', () => told.abort());
  return told.signal;
}
