import type { AgentCommand, LogSink } from '../../ports.ts';
import { INSIDE } from './inside.ts';
import type { CodexLine } from './json-lines.ts';

/** Writes what people read while the agent works. */
export interface LiveLog {
  command(command: AgentCommand): void;
  line(line: CodexLine): void;
  say(text: string): void;
  /** Says of commands whose end was never seen that it was not. */
  close(): void;
}

const TAIL_LINES = 20;
const TAIL_CHARS = 4_000;

export function openLiveLog(sink: Pick<LogSink, 'write'>): LiveLog {
  const open = new Map<string, AgentCommand>();
  const told = new Set<string>();
  const write = (text: string) => sink.write(`${text}\n`);

  return {
    command(command) {
      const { callId, tool } = command;
      if (told.has(callId)) return;
      if (!open.has(callId) && tool !== 'patch')
        write(`$ ${command.command}${command.cwd === INSIDE.worktree ? '' : `    (in ${command.cwd})`}`);
      open.set(callId, command);
      if (command.exitCode === undefined && command.refused === undefined) return;
      told.add(callId);
      if (tool === 'patch' && command.exitCode === 0) return; // the file changes say it
      write(endOf(command));
    },
    line(line) {
      if (line.type === 'message') write(`\n${line.text}\n`);
      else if (line.type === 'plan') write(line.steps.map((step) => `${step.done ? '[x]' : '[ ]'} ${step.text}`).join('\n'));
      else if (line.type === 'files' && line.ended)
        write(line.changes.map(({ kind, path }) => `${line.failed ? 'not changed' : kind} ${short(path)}`).join('\n'));
      else if (line.type === 'warning') write(`! ${line.message}`);
      else if (line.type === 'turn_failed') write(`! the turn failed: ${line.message}`);
    },
    say: (text) => write(text),
    close() {
      for (const [callId, command] of open)
        if (!told.has(callId)) write(`${tailOf(command.output)}[did not end: ${command.command.slice(0, 80)}]`);
    },
  };
}

function endOf({ tool, output, exitCode, durationMs, refused }: AgentCommand): string {
  if (refused !== undefined) return `[${tool === 'patch' ? 'patch refused' : 'refused'}: ${refused}]`;
  return `${tailOf(output)}[exit ${exitCode}${durationMs === undefined ? '' : ` · ${(durationMs / 1000).toFixed(1)} s`}]`;
}

function tailOf(output: string | undefined): string {
  const text = (output ?? '').trimEnd();
  if (text === '') return '';
  const tail = text.slice(-TAIL_CHARS).split('\n').slice(-TAIL_LINES).join('\n');
  return `${tail.length < text.length ? '…\n' : ''}${tail}\n`;
}

const short = (path: string) => (path.startsWith(`${INSIDE.worktree}/`) ? path.slice(INSIDE.worktree.length + 1) : path);
