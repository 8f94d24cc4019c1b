import { closeSync, constants, type FSWatcher, fstatSync, openSync, readdirSync, readSync, unlinkSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../ports.ts';
import { MAX_RECORD_BYTES } from './codex-home.ts';
import { field, parseObject, stringOf } from './json.ts';

/** What a hook of Codex said before or after one tool call. */
export interface HookRecord {
  phase: 'before' | 'after';
  callId: string;
  /** Codex's name: `Bash`, `apply_patch`, `update_plan` … */
  tool: string;
  command: string | undefined;
  cwd: string;
  response: string | undefined;
  /** Why the rules of the host refuse it; it does not run. */
  refused?: string;
}

export interface HookRecords {
  /** Hands over what is there now, oldest first. */
  drain(): void;
  close(): void;
}

const MAX_RECORDS = 20_000;

/** Watches the folder of an attempt's records. Without a watch (a limit of the machine) `drain` alone finds them all. */
export function openHookRecords(folder: string, onRecord: (record: HookRecord) => void, log: Log): HookRecords {
  const seen = new Set<string>();

  const drain = () => {
    for (const name of namesIn(folder)) {
      if (!name.endsWith('.json') || seen.has(name) || seen.size >= MAX_RECORDS) continue;
      seen.add(name);
      const record = readRecord(join(folder, name));
      if (record) onRecord(record);
      else log('warn', 'a hook record could not be read', { name });
    }
  };

  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, { persistent: false }, drain);
    watcher.on('error', (error) => log('warn', 'hook records are no longer watched', { detail: error.message }));
  } catch (error) {
    log('warn', 'hook records cannot be watched', { detail: String(error) });
  }
  return { drain, close: () => watcher?.close() };
}

/** Names start with the time in nanoseconds. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // removed under our feet: there is nothing to read
  }
}

/** Reads and removes a file that a sandboxed program may have put there: no links, no pipes, bounded. */
function readRecord(path: string): HookRecord | undefined {
  let text: string;
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = fstatSync(file);
      if (!facts.isFile() || facts.size > MAX_RECORD_BYTES) return undefined;
      const bytes = Buffer.alloc(facts.size);
      text = bytes.subarray(0, readSync(file, bytes)).toString('utf8');
    } finally {
      closeSync(file);
    }
    unlinkSync(path);
  } catch {
    return undefined;
  }
  const record = parseObject(text);
  const callId = stringOf(field(record, 'tool_use_id'));
  const event = field(record, 'hook_event_name');
  if (callId === undefined || (event !== 'PreToolUse' && event !== 'PostToolUse')) return undefined;
  return {
    phase: event === 'PreToolUse' ? 'before' : 'after',
    callId,
    tool: stringOf(field(record, 'tool_name')) ?? '',
    command: stringOf(field(field(record, 'tool_input'), 'command')),
    cwd: stringOf(field(record, 'cwd')) ?? '',
    response: stringOf(field(record, 'tool_response')),
    refused: stringOf(field(record, 'refused')),
  };
}
