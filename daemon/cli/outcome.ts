/** Exit codes of the command line. */
export const ERRORS = { refused: 1, usage: 64, unreachable: 69, internal: 70, cannot: 78 } as const;

/** The command was called in a way it does not know. */
export class UsageError extends Error {}
