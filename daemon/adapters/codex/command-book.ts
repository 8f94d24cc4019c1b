import type { AgentCommand, Clock } from '../../ports.ts';
import type { HookRecord } from './hook-records.ts';
import { INSIDE } from './inside.ts';
import { field, numberOf, parseObject, stringOf } from './json.ts';
import { type CodexLine, scriptOf } from './json-lines.ts';
import type { ModelCall } from './model-stream.ts';
import { clip, readToolOutput } from './tool-output.ts';

/**
 * Every command of an attempt, put together from three witnesses, none of which sees everything:
 *
 *   the relay   which calls the model asked for, and with which exit code they were answered; not when they ran
 *   the hooks   that a call started and ended, in any order and speed; no exit code
 *   JSON lines  whole output and exit code at once; misses commands that fail fast and look denied, and has no call ids
 */
export interface CommandBook {
  asked(call: ModelCall): void;
  hooked(record: HookRecord): void;
  answered(callId: string, text: string): void;
  line(line: CodexLine & { type: 'command' }): void;
  /** The attempt is over: what runs now will never be heard of again. */
  close(): void;
}

interface Entry {
  command: AgentCommand;
  started: boolean;
  ended: boolean;
  startedElapsed: number;
  itemId?: string;
}

/** Calls that are no work of their own: the plan, and looking at a command that goes on. */
const QUIET = new Set(['update_plan', 'write_stdin', 'wait']);
const MAX_COMMAND = 32 * 1024;

export function openCommandBook(clock: Clock, onCommand: (command: AgentCommand) => void): CommandBook {
  const entries = new Map<string, Entry>();
  const quiet = new Map<string, ModelCall>();
  /** Numbers of background commands, and the call that started each. */
  const sessions = new Map<string, string>();

  const enter = (callId: string, tool: AgentCommand['tool'], command: string, cwd: string): Entry => {
    const entry: Entry = {
      command: { callId, tool, command: command.slice(0, MAX_COMMAND), cwd, startedAt: clock.now() },
      started: false,
      ended: false,
      startedElapsed: clock.elapsed(),
    };
    entries.set(callId, entry);
    return entry;
  };
  const start = (entry: Entry) => {
    if (entry.started) return;
    entry.started = true;
    entry.startedElapsed = clock.elapsed();
    entry.command = { ...entry.command, startedAt: clock.now() };
    onCommand(entry.command);
  };
  const learn = (entry: Entry, more: Partial<AgentCommand>, ended: boolean) => {
    entry.started = true;
    const durationMs = ended && !entry.ended ? Math.round(clock.elapsed() - entry.startedElapsed) : entry.command.durationMs;
    entry.ended ||= ended;
    entry.command = { ...entry.command, ...more, durationMs };
    onCommand(entry.command);
  };

  return {
    asked(call) {
      if (QUIET.has(call.name)) quiet.set(call.callId, call);
      else if (!entries.has(call.callId)) {
        const { tool, command, cwd } = describe(call);
        enter(call.callId, tool, command, cwd);
      }
    },
    hooked(record) {
      if (QUIET.has(record.tool)) return;
      const entry = entries.get(record.callId) ?? enter(record.callId, toolOf(record.tool), record.command ?? record.tool, record.cwd);
      if (record.refused !== undefined) return learn(entry, { refused: record.refused }, true);
      start(entry);
      if (record.phase === 'before') return;
      // The text for the model has a head and may be cut; the hook's has neither.
      const isPatch = entry.command.tool === 'patch';
      const said = isPatch && record.response !== undefined ? readToolOutput(record.response) : { output: record.response };
      learn(entry, { ...defined(said), output: entry.command.output ?? clip(said.output ?? '') }, true);
    },
    answered(callId, text) {
      const told = readToolOutput(text);
      const asked = quiet.get(callId);
      const entry = entries.get(asked ? (sessions.get(sessionOf(asked) ?? '') ?? '') : callId);
      if (!entry || entry.command.refused !== undefined) return;
      if (told.session !== undefined) {
        sessions.set(told.session, entry.command.callId);
        learn(entry, { output: joined(entry, told.output) }, false);
      } else if (asked) {
        if (told.exitCode !== undefined) learn(entry, { exitCode: told.exitCode, output: joined(entry, told.output) }, true);
      } else if (
        told.refused !== undefined &&
        entry.command.tool === 'other' &&
        !/^(unsupported call|.*\b(rejected|failed)\b)/.test(told.refused)
      )
        learn(entry, { output: clip(told.refused) }, true);
      else learn(entry, { ...defined(told), ...(entry.ended || told.output === undefined ? {} : { output: clip(told.output) }) }, true);
    },
    line(line) {
      const script = scriptOf(line.command);
      const known = [...entries.values()].find((entry) => entry.itemId === line.itemId);
      const entry =
        known ??
        [...entries.values()].find(({ command, itemId }) => itemId === undefined && command.tool === 'shell' && command.command === script);
      const found = entry ?? enter(`line:${line.itemId}`, 'shell', script, INSIDE.worktree);
      found.itemId = line.itemId;
      if (!line.ended) start(found);
      else learn(found, { output: clip(line.output), ...(line.exitCode === undefined ? {} : { exitCode: line.exitCode }) }, true);
    },
    close() {
      for (const entry of entries.values()) if (entry.started && !entry.ended) learn(entry, {}, true);
    },
  };
}

function joined(entry: Entry, more: string | undefined): string {
  return clip((entry.command.output ?? '') + (more ?? ''));
}

function describe(call: ModelCall): { tool: AgentCommand['tool']; command: string; cwd: string } {
  if (call.name !== 'exec_command')
    return {
      tool: toolOf(call.name),
      command: toolOf(call.name) === 'patch' ? call.input : `${call.name} ${call.input}`,
      cwd: INSIDE.worktree,
    };
  const given = parseObject(call.input);
  const workdir = stringOf(field(given, 'workdir')) ?? '';
  const cwd = workdir.startsWith('/') ? workdir : [INSIDE.worktree, workdir].filter(Boolean).join('/');
  return { tool: 'shell', command: stringOf(field(given, 'cmd')) ?? call.input, cwd };
}

function toolOf(name: string): AgentCommand['tool'] {
  if (name === 'Bash' || name === 'exec_command') return 'shell';
  return name === 'apply_patch' ? 'patch' : 'other';
}

function sessionOf(call: ModelCall): string | undefined {
  const id = field(parseObject(call.input), 'session_id');
  return stringOf(id) ?? numberOf(id)?.toString();
}

function defined({ exitCode, refused }: { exitCode?: number; refused?: string }): Partial<AgentCommand> {
  return { ...(exitCode === undefined ? {} : { exitCode }), ...(refused === undefined ? {} : { refused }) };
}
