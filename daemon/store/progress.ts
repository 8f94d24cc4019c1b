import type { Database } from 'better-sqlite3';
import type { AgentCommand } from '../ports.ts';

/**
 * What is counted while an attempt runs, before its fact is stated: commands and
 * tokens. Kept at once, so that a kill loses neither.
 */
export function openProgress(db: Database) {
  const usage = db.prepare('UPDATE attempts SET input_tokens = ?, output_tokens = ?, cost_usd = ? WHERE run_id = ? AND number = ?');
  const command = db.prepare(
    `INSERT INTO commands (run_id, attempt, call_id, tool, command, cwd, started_at, duration_ms, exit_code, output, refused)
     VALUES (@runId, @attempt, @callId, @tool, @command, @cwd, @startedAt, @durationMs, @exitCode, @output, @refused)
     ON CONFLICT (run_id, attempt, call_id) DO UPDATE SET duration_ms = coalesce(@durationMs, duration_ms), exit_code = coalesce(@exitCode, exit_code),
       output = coalesce(@output, output), refused = coalesce(@refused, refused)`,
  );
  const artifact = db.prepare(
    `INSERT INTO run_artifacts (run_id, name, hash, bytes, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (run_id, name) DO UPDATE SET hash = excluded.hash, bytes = excluded.bytes, at = excluded.at`,
  );
  const clock = db.prepare('UPDATE runs SET clock_ms = ? WHERE id = ?');
  const clockOf = db.prepare<[string], { clock_ms: number }>('SELECT clock_ms FROM runs WHERE id = ?');
  return {
    /** Monotonic time a run has worked; kept with each heartbeat, so that downtime and suspend never count. */
    setClock: (runId: string, ms: number): void => void clock.run(Math.round(ms), runId),
    clock: (runId: string): number => clockOf.get(runId)!.clock_ms,
    usage: (runId: string, attempt: number, tokens: { input: number; output: number; costUsd?: number }): void =>
      void usage.run(tokens.input, tokens.output, tokens.costUsd ?? null, runId, attempt),
    command(runId: string, attempt: number, seen: AgentCommand): void {
      command.run({
        runId,
        attempt,
        callId: seen.callId,
        tool: seen.tool,
        command: seen.command,
        cwd: seen.cwd,
        startedAt: seen.startedAt,
        durationMs: seen.durationMs ?? null,
        exitCode: seen.exitCode ?? null,
        output: seen.output ?? null,
        refused: seen.refused ?? null,
      });
    },
    artifact: (runId: string, name: string, kept: { hash: string; bytes: number }, at: number): void =>
      void artifact.run(runId, name, kept.hash, kept.bytes, at),
  };
}

export type Progress = ReturnType<typeof openProgress>;
