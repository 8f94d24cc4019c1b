import { join } from 'node:path';
import { cli } from '../../daemon/cli/main.ts';
import type { Programs } from '../../daemon/cli/programs.ts';
import { codexBinary, openOutside } from '../../daemon/inspect.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What a command said, and its exit code. */
export interface Said {
  code: number;
  out: string;
  err: string;
}

export interface CliOptions {
  env?: Readonly<Record<string, string | undefined>>;
  /** Answers every question; without it nobody can be asked. */
  answer?: boolean;
  programs?: Partial<Programs>;
  fallbackRepo?: string;
  /** What stands on standard input. */
  input?: string;
  /** Ctrl-C. */
  interrupt?: AbortSignal;
}

/** Runs a command of the real command line in this process, with the parts that `scripts/codex-builder` gives it. */
export async function runCli(
  argv: readonly string[],
  { env = {}, answer, programs = {}, fallbackRepo, input = '', interrupt = new AbortController().signal }: CliOptions = {},
): Promise<Said> {
  const said = { out: '', err: '' };
  const environment = { PATH: process.env['PATH'], HOME: '/nonexistent', ...env };
  const code = await cli(argv, environment, {
    ...(fallbackRepo === undefined ? {} : { fallbackRepo }),
    programs: {
      version: '1.2.3',
      oldestNode: '20.19',
      startScript: join(ROOT, 'scripts', 'start.mjs'),
      migrationsFolder: join(ROOT, 'migrations'),
      serve: () => Promise.reject(new Error('nothing is served here')),
      codexBinary: async () => codexBinary(),
      outside: async () => openOutside(environment),
      ...programs,
    },
    terminal: {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
      ask:
        answer === undefined
          ? undefined
          : async (question) => {
              said.err += `${question}\n`;
              return answer;
            },
      paint: (_colour, text) => text,
      live: undefined,
      input: async () => input,
      interrupted: () => interrupt,
    },
  });
  return { code, ...said };
}
