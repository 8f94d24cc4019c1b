import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMAND_NAMES, flagsOf } from '../../daemon/cli/command-table.ts';
import { completionScript } from '../../daemon/cli/completion-scripts.ts';
import { temporaryFolder } from '../support/repository.ts';
import { runCli } from './run-cli.ts';

const { folder, cleanUp } = temporaryFolder();
afterAll(cleanUp);

/** What bash itself would offer after these words. */
function offered(...words: readonly string[]): readonly string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const call = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _codex_builder; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const ran = spawnSync('bash', ['--norc', '-c', `${completionScript('bash')}\n${call}`], { cwd: folder, encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  return ran.stdout.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  test('bash parses the script', () => {
    const parsed = spawnSync('bash', ['-n'], { input: completionScript('bash'), encoding: 'utf8' });
    expect(parsed).toMatchObject({ status: 0, stderr: '' });
    expect(spawnSync('bash', ['-n'], { input: `${completionScript('bash')}\nif`, encoding: 'utf8' }).status).not.toBe(0);
  });

  test('bash offers commands, the flags of a command, and the words it takes', () => {
    expect(offered('codex-builder', '')).toEqual(expect.arrayContaining([...COMMAND_NAMES, 'health', 'help']));
    expect(offered('codex-builder', 'rel')).toEqual(['releases', 'release']);
    expect(offered('codex-builder', 'rollback', '')).toEqual(['last-healthy']);
    expect(offered('codex-builder', 'slots', 'r')).toEqual(['replace']);
    expect(offered('codex-builder', 'help', 'roll')).toEqual(['rollback']);
    expect(offered('codex-builder', 'init', '--')).toEqual(Object.keys(flagsOf('init')).map((flag) => `--${flag}`));
    expect(offered('codex-builder', 'rollback', 'last-healthy', '--fo')).toEqual(['--force']);
    expect(offered('codex-builder', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offered('codex-builder', 'runs', '--limit', '')).toEqual([]);
    expect(offered('codex-builder', 'nothing', '')).toEqual([]);
  });

  test('bash offers folders where one is wanted, also with blanks in their names and after an equals sign', () => {
    mkdirSync(join(folder, 'my app'));
    mkdirSync(join(folder, 'my-other'));
    expect(offered('codex-builder', 'init', '--repo', 'my').slice().sort()).toEqual(['my app', 'my-other']);
    expect(offered('codex-builder', 'init', '--repo', '=', 'my-').slice().sort()).toEqual(['my-other']);
  });

  test.each(['zsh', 'fish'] as const)('%s: every command and flag is there, and the shell parses it where it is installed', (shell) => {
    const script = completionScript(shell);
    for (const name of COMMAND_NAMES) {
      expect(script).toContain(name);
      for (const flag of Object.keys(flagsOf(name))) expect(script).toContain(shell === 'zsh' ? `--${flag}` : `-l ${flag}`);
    }
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, script);
    const parsed = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    if (parsed.error === undefined) expect(parsed).toMatchObject({ status: 0, stderr: '' });
    else expect(parsed.error).toMatchObject({ code: 'ENOENT' });
  });

  test('the command prints the script, or it as JSON', async () => {
    expect((await runCli(['completion', 'bash'])).out).toBe(completionScript('bash'));
    expect(JSON.parse((await runCli(['completion', 'fish', '--json'])).out)).toEqual({ shell: 'fish', script: completionScript('fish') });
  });
});
