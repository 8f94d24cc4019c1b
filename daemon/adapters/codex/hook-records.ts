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
    for (const name of namesIn(folder, log)) {
      if (!name.endsWith('.json') || seen.has(name) || seen.size >= MAX_RECORDS) continue;
      seen.add(name);
      const record = readRecord(join(folder, name));
      if ('callId' in record) onRecord(record);
      else log('warn', 'a hook record could not be read', { name, detail: record.problem });
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
function namesIn(folder: string, log: Log): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    // Removed under our feet: there is nothing to read.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log('warn', 'hook records could not be listed', { detail: String(error) });
    return [];
  }
}

/** Reads and removes a file that a sandboxed program may have put there: no links, no pipes, bounded. */
function readRecord(path: string): HookRecord | { problem: string } {
  let text: string;
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = fstatSync(file);
      if (!facts.isFile()) return { problem: 'it is no file' };
      if (facts.size > MAX_RECORD_BYTES) return { problem: `it has ${facts.size} bytes` };
      const bytes = Buffer.alloc(facts.size);
      text = bytes.subarray(0, readSync(file, bytes)).toString('utf8');
    } finally {
      closeSync(file);
    }
    unlinkSync(path);
  } catch (error) {
    return { problem: String(error) };
  }
  const record = parseObject(text);
  const callId = stringOf(field(record, 'tool_use_id'));
  const event = field(record, 'hook_event_name');
  if (callId === undefined || (event !== 'PreToolUse' && event !== 'PostToolUse')) return { problem: 'no hook wrote it' };
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
