import { understand } from './understand.mjs';

/**
 * @typedef {{ type?: string, role?: string, content?: unknown, output?: unknown }} Item one entry of a request's `input`
 * @typedef {import('./steps.mjs').Output} Output
 */

const TASK = /^# Task\n([\s\S]*?)(?=\n+# (?:Where the person was|Constraints)\n|$(?![\s\S]))/m;
/** Messages that Codex itself puts in as the user. */
const FROM_CODEX = /^\s*<(?:environment_context|user_instructions|permissions|turn_aborted|skills|apps)/;

/**
 * What is asked, and what the tools have answered since. A later message that says nothing the demo model understands
 * (to go on after an interruption, to mend an answer) leaves the task as it was and starts its steps over.
 * @param {readonly Item[]} input
 * @returns {{ task: string, outputs: Output[] }}
 */
export function readConversation(input) {
  let task = '';
  let from = 0;
  input.forEach((item, index) => {
    if (item.role !== 'user') return;
    const text = textOf(item.content);
    if (FROM_CODEX.test(text)) return;
    const asked = TASK.exec(text)?.[1]?.trim() ?? text.trim();
    if (task === '' || TASK.test(text) || understand(asked).kind !== 'unknown') task = asked;
    from = index + 1;
  });
  const outputs = input
    .slice(from)
    .filter((item) => /_call_output$/.test(item.type ?? ''))
    .map((item) => readOutput(textOf(item.output)));
  return { task, outputs };
}

/** @param {unknown} content @returns {string} */
function textOf(content) {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map((part) => (typeof part?.text === 'string' ? part.text : '')).join('\n');
  return content === undefined || content === null ? '' : JSON.stringify(content);
}

/**
 * Codex wraps what a command printed: exit code first, then a line `Output:`. What does not say how it ended has failed.
 * @param {string} text
 * @returns {Output}
 */
function readOutput(text) {
  const code = /^(?:Process exited with code|Exit code:) (-?\d+)$/m.exec(text)?.[1];
  const body = /^Output:\n([\s\S]*)$/m.exec(text)?.[1] ?? text;
  return { exitCode: code === undefined ? 1 : Number(code), text: body };
}
