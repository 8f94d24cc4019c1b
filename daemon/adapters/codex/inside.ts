/** Where things are inside the sandbox. */
export const INSIDE = {
  worktree: '/app',
  home: '/codex',
  inputs: '/in',
  schema: '/codex/answer-schema.json',
  records: '/codex/records',
  rules: '/codex/command-rules.json',
  signIn: '/codex/auth.json',
  judge: '/codex/judge',
} as const;
/** Port of the relay inside; it has a network of its own, so that any will do. */
export const RELAY_PORT = 4180;
/** Environment variable of Codex itself that carries the relay's token; commands do not inherit it. */
export const TOKEN_VARIABLE = 'CODEX_BUILDER_RELAY_TOKEN';
