import type { Handler } from '../command.ts';
import { completionScript, type Shell } from '../completion-scripts.ts';
import { UsageError } from '../outcome.ts';

/** Prints the completion script of a shell. */
export const completion: Handler<'completion'> = async ({ words, flags, terminal }) => {
  const [shell] = words;
  if (shell === undefined) throw new UsageError('Which shell: bash, zsh or fish?');
  const script = completionScript(shell as Shell);
  terminal.out(flags.json === true ? `${JSON.stringify({ shell, script })}\n` : script);
  return 0;
};
