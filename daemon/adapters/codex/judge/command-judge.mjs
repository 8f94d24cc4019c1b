/**
 * Runs inside the sandbox, as Codex's hook before each tool call, outside the sandbox of the agent's commands:
 * node command-judge.mjs <folder of records> <file with the rules>, the call as JSON on standard input.
 * Records the call and refuses a command that the rules do not let pass. Codex goes on when a hook fails, so whoever runs this
 * must make a refusal of every exit code but 0.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeCommand } from './command-rules.mjs';

/** A record is read up to 4 MiB. */
const MAX_RECORDED = 1024 * 1024;

const [records = '', rules = ''] = process.argv.slice(2);
const call = JSON.parse(readFileSync(0, 'utf8'));
const script = call.tool_input?.command;
const isShell = call.tool_name === 'Bash';
if (isShell && typeof script !== 'string') throw new Error('a shell call without a command');
const refused = isShell ? judgeCommand(script, JSON.parse(readFileSync(rules, 'utf8'))) : undefined;

const name = join(records, `${BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n}.${process.pid}`);
const recorded = typeof script === 'string' ? { ...call, tool_input: { command: script.slice(0, MAX_RECORDED) } } : call;
writeFileSync(`${name}.part`, JSON.stringify({ ...recorded, refused }));
renameSync(`${name}.part`, `${name}.json`);

if (refused !== undefined) {
  const answer = { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: refused };
  process.stdout.write(JSON.stringify({ hookSpecificOutput: answer }));
}
