import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stateOf } from '../choose-daemon.ts';
import type { Handler } from '../command.ts';
import { EXIT } from '../outcome.ts';

/** Signs Codex in to ChatGPT for the daemon of one app, by Codex's own command. */
export const signIn: Handler<'sign-in'> = async ({ flags, env, terminal, programs }) => {
  const folder = join(stateOf(flags, env), 'codex-sign-in');
  const binary = await programs.codexBinary();
  if (binary === undefined) {
    terminal.err('Codex is not installed here.\nInstall what Codex Builder needs: npm ci, in its own folder.\n');
    return EXIT.cannot;
  }
  const command = `CODEX_HOME=${quoted(folder)} ${quoted(binary)} login`;
  if (flags.print === true || flags.json === true) {
    terminal.out(flags.json === true ? `${JSON.stringify({ command, folder })}\n` : `${command}\n`);
    return 0;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const code = await new Promise<number>((resolve, reject) => {
    const login = spawn(binary, ['login'], { stdio: 'inherit', env: { ...env, CODEX_HOME: folder } });
    login.once('error', reject);
    login.once('exit', (ended) => resolve(ended ?? EXIT.refused));
  });
  terminal.err(code === 0 ? 'Signed in. A running daemon sees it by itself.\n' : `Codex ended with ${code}; nobody was signed in.\n`);
  return code === 0 ? 0 : EXIT.refused;
};

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
