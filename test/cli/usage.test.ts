import { afterEach, describe, expect, test, vi } from 'vitest';
import { COMMAND_NAMES, commandNamed, flagsOf, specOf } from '../../daemon/cli/command-table.ts';
import { HANDLERS } from '../../daemon/cli/commands.ts';
import { parseCall } from '../../daemon/cli/parse-call.ts';
import { suggest } from '../../daemon/cli/suggest.ts';
import { openTerminal } from '../../daemon/cli/terminal.ts';
import { runCli } from './run-cli.ts';

describe('the table', () => {
  test('every command has a handler, and every handler a row', () => {
    expect(Object.keys(HANDLERS).sort()).toEqual([...COMMAND_NAMES].sort());
  });

  test('no name is two commands, and no flag two flags', () => {
    const names = COMMAND_NAMES.flatMap((name) => [name, ...(specOf(name).aliases ?? [])]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of COMMAND_NAMES) {
      const shorts = Object.values(flagsOf(name)).flatMap(({ short }) => (short === undefined ? [] : [short]));
      expect(new Set(shorts).size, name).toBe(shorts.length);
    }
  });

  test('every example is a call that its own row takes', () => {
    for (const name of COMMAND_NAMES) {
      for (const example of specOf(name).examples) {
        const words = [
          .../"[^"]*"|<\(.*?\)|[^\s]+/g[Symbol.matchAll](example.replace(/^source <\((.*)\)$/, '$1').replace(/ > .*$/, '')),
        ].map(([word]) => word.replaceAll('"', ''));
        expect(words[0], example).toBe('codex-builder');
        expect(commandNamed(words[1]!), example).toBe(name);
        expect(() => parseCall(name, words.slice(2)), example).not.toThrow();
      }
    }
  });
});

describe('a call that nobody knows ends with 64 and says what was meant', () => {
  test.each([
    [['rquest', 'x'], 'Did you mean "request"?'],
    [['approv'], 'Did you mean "approve"?'],
    [['docter'], 'Did you mean "doctor"?'],
    [['helth'], 'Did you mean "health"?'],
    [['zzz'], 'There is no command "zzz".\n'],
    [['runs', '--limt', '3'], 'Did you mean --limit?'],
    [['runs', '-x'], 'There is no flag -x here.'],
    [['runs', '--limit'], '--limit needs a value'],
    [['runs', '--limit', '--json'], '--limit needs a value'],
    [['stop', '--all=yes'], '--all takes no value.'],
    [['doctor', 'me'], 'What is "me"? Nothing stands after doctor.'],
    [['show', 'run_1', 'run_2'], 'What is "run_2"?'],
    [['completion', 'fihs'], 'Did you mean fish?'],
    [['completion'], 'Which shell'],
    [['init', '--prnt'], 'Did you mean --print?'],
    [['init', '--constructor'], 'There is no flag --constructor here.'],
  ])('%j', async (argv, words) => {
    const said = await runCli(argv);
    expect(said.code).toBe(64);
    expect(said.err).toContain(words);
    expect(said.out).toBe('');
  });

  test('a usage error shows the usage of that command', async () => {
    expect((await runCli(['rollback', '--forse'])).err).toContain(
      'Usage: codex-builder rollback RELEASE|last-healthy [--reason "why"] [--force]',
    );
  });

  test('near words are suggested, far ones are not', () => {
    expect(suggest('relaeses', COMMAND_NAMES)).toBe('releases');
    expect(suggest('inti', COMMAND_NAMES)).toBe('init');
    expect(suggest('xyzzy', COMMAND_NAMES)).toBeUndefined();
  });
});

describe('help', () => {
  test.each(COMMAND_NAMES)('%s -h has its flags and an example', async (name) => {
    for (const argv of [
      [name, '-h'],
      [name, '--help'],
      ['help', name],
    ]) {
      const said = await runCli(argv);
      expect(said.code).toBe(0);
      expect(said.out).toContain(specOf(name).examples[0]);
      for (const flag of Object.keys(flagsOf(name))) expect(said.out).toContain(`--${flag}`);
    }
  });

  test('the whole help names every command; as JSON it is the table', async () => {
    const { out } = await runCli([]);
    for (const name of COMMAND_NAMES) expect(out).toContain(`  ${name}`);
    const table = JSON.parse((await runCli(['--help', '--json'])).out) as { commands: { name: string }[] };
    expect(table.commands.map(({ name }) => name)).toEqual(COMMAND_NAMES);
    expect((await runCli(['--version'])).out).toBe('1.2.3\n');
  });
});

describe('what a command is given', () => {
  test('serve hands its flags on as npm start knows them, and its exit code back', async () => {
    let given: readonly string[] = [];
    const serve = async (argv: readonly string[]) => {
      given = argv;
      return 75;
    };
    const said = await runCli(['serve', '--repo', './odd', '--json', '--port=4500'], { programs: { serve } });
    expect(said.code).toBe(75);
    expect(given).toEqual(['--repo=./odd', '--port=4500', '--json']);
  });

  test('without a daemon a command that needs one says how to start it, with 69', async () => {
    const said = await runCli(['runs', '--state', '/nonexistent/state']);
    expect(said).toMatchObject({ code: 69, out: '' });
    expect(said.err).toBe('No daemon runs for /nonexistent/state.\nStart it: codex-builder serve --repo PATH --state /nonexistent/state\n');
  });
});

describe('colours', () => {
  afterEach(() => vi.restoreAllMocks());
  const onTerminal = (env: Record<string, string>) => {
    vi.spyOn(process.stdout, 'isTTY', 'get').mockReturnValue(true);
    return openTerminal(env).paint('red', 'x');
  };

  test('only on a terminal, and not when NO_COLOR says so', () => {
    Object.defineProperty(process.stdout, 'isTTY', { value: process.stdout.isTTY, configurable: true, writable: true });
    expect(onTerminal({})).toBe('\u001b[31mx\u001b[0m');
    expect(onTerminal({ NO_COLOR: '1' })).toBe('x');
    expect(onTerminal({ TERM: 'dumb' })).toBe('x');
    vi.restoreAllMocks();
    expect(openTerminal({}).paint('red', 'x')).toBe(process.stdout.isTTY ? '\u001b[31mx\u001b[0m' : 'x');
  });
});
