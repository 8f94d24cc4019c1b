/** Who the daemon's commits are by. */
export const IDENTITY = { name: 'Codex Builder', email: 'codex-builder@localhost' } as const;
