/**
 * What the host lets an agent run. How patterns are read: `judge/command-rules.mjs`. The rules keep an honest agent on its way and tell it
 * why; they are no boundary, because a program that may run can start any other. The boundary is the sandbox.
 */
export interface CommandRules {
  /** Nothing else may run. */
  allow?: readonly string[];
  deny: readonly string[];
  /** Whether a refused command ends the attempt. */
  onDenied: 'refuse' | 'end';
}
