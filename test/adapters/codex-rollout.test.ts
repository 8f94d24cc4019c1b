import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JsonObject } from '../../daemon/adapters/codex/json.ts';
import { openRollout, type Rollout } from '../../daemon/adapters/codex/rollout.ts';

let home: string;
let file: string;
let rollout: Rollout;
let told: JsonObject[];

beforeEach(() => {
  home = mkdtempSync('/tmp/rollout-test-');
  const day = join(home, 'sessions', '2026', '11', '21');
  mkdirSync(day, { recursive: true });
  file = join(day, 'rollout-10-thread-1.jsonl');
  told = [];
  rollout = openRollout(home, undefined, (line) => told.push(line));
  rollout.follow('thread-1');
});
afterEach(() => {
  rollout.close();
  rmSync(home, { recursive: true });
});

test('lines are told once, although the file is away for a moment', () => {
  writeFileSync(file, '{"n":1}\n{"n":2}\n');
  rollout.drain();
  renameSync(file, `${file}.away`);
  rollout.drain();
  renameSync(`${file}.away`, file);
  appendFileSync(file, '{"n":3}\n');
  rollout.drain();
  expect(told.map(({ n }) => n)).toEqual([1, 2, 3]);
});

test('of a thread that goes on, what was there is passed over', () => {
  writeFileSync(file, '{"n":1}\n');
  const again = openRollout(home, 'thread-1', (line) => told.push(line));
  appendFileSync(file, '{"n":2}\n');
  again.drain();
  again.close();
  expect(told.map(({ n }) => n)).toEqual([2]);
});
