import * as z from 'zod/mini';
import { Commit, Instant } from './ids.ts';

/** One changed file, computed from git objects alone, so nothing in the tree can hide a change. */
export const FileDiff = z.object({
  path: z.string(),
  oldPath: z.optional(z.string()),
  status: z.enum(['added', 'modified', 'deleted', 'renamed', 'mode_changed']),
  additions: z.number(),
  deletions: z.number(),
  binary: z.boolean(),
  /** Kind of file as git writes it (`100755` executable, `120000` symbolic link, `160000` submodule); left out where it is a plain file before and after. */
  oldMode: z.optional(z.string()),
  newMode: z.optional(z.string()),
  /** Unified hunks, from the first `@@` on. */
  patch: z.optional(z.string()),
  truncated: z.optional(z.boolean()),
});
export type FileDiff = z.infer<typeof FileDiff>;

export const Diff = z.object({ base: Commit, head: Commit, files: z.array(FileDiff) });
export type Diff = z.infer<typeof Diff>;

/** One command the agent ran, from Codex's hooks, its JSON lines and the model relay together. */
export const CommandRecord = z.object({
  attempt: z.number(),
  tool: z.enum(['shell', 'patch', 'other']),
  command: z.string(),
  cwd: z.string(),
  startedAt: Instant,
  durationMs: z.optional(z.number()),
  exitCode: z.optional(z.number()),
  output: z.optional(z.string()),
  refused: z.optional(z.string()),
});
export type CommandRecord = z.infer<typeof CommandRecord>;

export const Approval = z.object({
  actor: z.string(),
  headCommit: Commit,
  baseCommit: Commit,
  tree: z.string(),
  verdict: z.string(),
  selfApproved: z.boolean(),
  at: Instant,
});
export type Approval = z.infer<typeof Approval>;

/** One Codex turn on a run. */
export const Attempt = z.object({
  number: z.number(),
  state: z.enum(['running', 'finished', 'failed', 'interrupted', 'stopped']),
  threadId: z.optional(z.string()),
  summary: z.optional(z.string()),
  detail: z.optional(z.string()),
  startedAt: Instant,
  endedAt: z.optional(Instant),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number(), costUsd: z.optional(z.number()) }),
});
export type Attempt = z.infer<typeof Attempt>;

/** What the agent says about its work; its shape is validated, its truth is not assumed. */
export const AgentAnswer = z.object({
  summary: z.string(),
  files: z.array(z.string()),
  risks: z.array(z.string()),
  howToVerify: z.array(z.string()),
  followUps: z.array(z.string()),
});
export type AgentAnswer = z.infer<typeof AgentAnswer>;
