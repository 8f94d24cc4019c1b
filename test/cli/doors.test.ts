import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { API, type DoorName } from '#shared/api.ts';
import { COMMAND_NAMES, flagsOf, specOf } from '../../daemon/cli/command-table.ts';

/** Doors that no command opens, each with the reason why not. */
const WITHOUT_COMMAND: Partial<Record<DoorName, string>> = {
  pair: 'redeems a code for a browser; the command line has the token of its state folder',
  findSources: 'answers for elements of a page, which only the extension can point at',
};

const doorsOf = (name: (typeof COMMAND_NAMES)[number]) => specOf(name).doors ?? [];

describe('every door of the API', () => {
  test.each(Object.keys(API) as DoorName[])('%s has a command, or a reason why not', (door) => {
    const commands = COMMAND_NAMES.filter((name) => doorsOf(name).includes(door));
    expect(commands.length > 0, `${door}: ${commands.join(', ')}`).toBe(WITHOUT_COMMAND[door] === undefined);
  });

  test('a command says which it opens, and the code opens those and no others', () => {
    const folder = join(import.meta.dirname, '../../daemon/cli');
    const code = ['.', 'commands'].flatMap((below) =>
      readdirSync(join(folder, below))
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(folder, below, file), 'utf8')),
    );
    const opened = code.flatMap((text) => [...text.matchAll(/\.call\(\s*'(\w+)'/g)].map(([, door]) => door!));
    const said = COMMAND_NAMES.flatMap(doorsOf).filter((door) => door !== 'events');
    expect([...new Set(opened)].sort()).toEqual([...new Set(said)].sort());
    expect(new Set(opened).size, 'the code was read').toBeGreaterThan(30);
  });

  test('what opens none says that it needs no daemon, and what changes something takes a key', () => {
    for (const name of COMMAND_NAMES) {
      const { needs } = specOf(name);
      if (doorsOf(name).length === 0) expect(needs, name).toBe('nothing');
      const changes = doorsOf(name).some((door) => door !== 'events' && API[door].method !== 'GET' && !('key' in API[door]));
      expect(Object.hasOwn(flagsOf(name), 'key'), name).toBe(changes);
    }
  });
});
