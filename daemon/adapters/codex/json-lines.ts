import { field, listOf, numberOf, parseObject, stringOf } from './json.ts';

/** What we use of a line of `codex exec --json`. Items are numbered per process; their ids are not call ids. */
export type CodexLine =
  | { type: 'thread'; threadId: string }
  | { type: 'turn_completed' }
  | { type: 'turn_failed'; message: string }
  | { type: 'message'; text: string }
  | { type: 'command'; itemId: string; command: string; ended: boolean; output: string; exitCode: number | undefined }
  | { type: 'files'; ended: boolean; changes: readonly { path: string; kind: string }[]; failed: boolean }
  | { type: 'plan'; steps: readonly { text: string; done: boolean }[] }
  | { type: 'warning'; message: string };

/** Warnings that our own flags and settings cause. */
const EXPECTED = /dangerously-bypass-hook-trust|\[features\]\.|Ignored unsupported/;

/** Reads one line; undefined when it says nothing we use, or is not a line of Codex at all. */
export function readCodexLine(line: string): CodexLine | undefined {
  const event = parseObject(line);
  switch (field(event, 'type')) {
    case 'thread.started': {
      const threadId = stringOf(field(event, 'thread_id'));
      return threadId === undefined ? undefined : { type: 'thread', threadId };
    }
    case 'turn.completed':
      return { type: 'turn_completed' };
    case 'turn.failed':
      return { type: 'turn_failed', message: stringOf(field(field(event, 'error'), 'message')) ?? 'no reason given' };
    case 'error':
      return { type: 'warning', message: stringOf(field(event, 'message')) ?? '' };
    case 'item.started':
      return readItem(field(event, 'item'), false);
    case 'item.updated':
    case 'item.completed':
      return readItem(field(event, 'item'), true);
    default:
      return undefined;
  }
}

function readItem(item: unknown, ended: boolean): CodexLine | undefined {
  switch (field(item, 'type')) {
    case 'agent_message':
      return { type: 'message', text: stringOf(field(item, 'text')) ?? '' };
    case 'command_execution':
      return {
        type: 'command',
        itemId: stringOf(field(item, 'id')) ?? '',
        command: stringOf(field(item, 'command')) ?? '',
        ended,
        output: stringOf(field(item, 'aggregated_output')) ?? '',
        exitCode: numberOf(field(item, 'exit_code')),
      };
    case 'file_change':
      return {
        type: 'files',
        ended,
        failed: field(item, 'status') === 'failed',
        changes: listOf(field(item, 'changes')).map((change) => ({
          path: stringOf(field(change, 'path')) ?? '',
          kind: stringOf(field(change, 'kind')) ?? '',
        })),
      };
    case 'todo_list':
      return {
        type: 'plan',
        steps: listOf(field(item, 'items')).map((step) => ({
          text: stringOf(field(step, 'text')) ?? '',
          done: field(step, 'completed') === true,
        })),
      };
    case 'error': {
      const message = stringOf(field(item, 'message')) ?? '';
      return EXPECTED.test(message) ? undefined : { type: 'warning', message };
    }
    default:
      return undefined;
  }
}

/** The script in `/bin/bash -c 'script'`: the last word of a command line as Codex quotes it. */
export function scriptOf(commandLine: string): string {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, single, double, escaped, plain, gap] of commandLine.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)|(\s+)/g,
  )) {
    if (gap !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + (single ?? double?.replace(/\\([$`"\\])/g, '$1') ?? escaped ?? plain ?? '');
  }
  return word ?? words.at(-1) ?? commandLine;
}
