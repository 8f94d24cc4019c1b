import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/repository.ts';
import { runCli } from './run-cli.ts';

const { folder, cleanUp } = temporaryFolder();
afterAll(cleanUp);

/** Stands for Codex, whose own sign-in needs a browser. */
function program(name: string, lines: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${lines}\n`);
  chmodSync(file, 0o755);
  return file;
}

test('Codex signs in for one daemon, in a folder that is closed to others', async () => {
  const state = join(folder, "kim's state");
  const codex = program('codex', 'echo "$@" > "$CODEX_HOME/auth.json"');
  const programs = { codexBinary: async () => codex };
  expect((await runCli(['sign-in', '--print', '--state', state], { programs })).out).toBe(
    `CODEX_HOME='${state.replace("'", `'\\''`)}/codex-sign-in' '${codex}' login\n`,
  );
  expect(existsSync(state), 'only shown').toBe(false);
  expect(await runCli(['sign-in', '--state', state], { programs })).toMatchObject({ code: 0 });
  expect(readFileSync(join(state, 'codex-sign-in', 'auth.json'), 'utf8')).toBe('login\n');
  expect(statSync(join(state, 'codex-sign-in')).mode & 0o777).toBe(0o700);
});

test('a sign-in that failed, and a machine without Codex', async () => {
  const failing = { codexBinary: async () => program('failing', 'exit 3') };
  expect(await runCli(['sign-in', '--state', join(folder, 'other')], { programs: failing })).toMatchObject({
    code: 1,
    err: 'Codex ended with 3; nobody was signed in.\n',
  });
  const none = { codexBinary: async () => undefined };
  expect(await runCli(['sign-in', '--state', join(folder, 'other')], { programs: none })).toMatchObject({ code: 78, out: '' });
});
