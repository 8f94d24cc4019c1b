import { randomUUID } from 'node:crypto';
import { answer } from './answer.mjs';
import { readConversation } from './conversation.mjs';
import { editFor } from './edits.mjs';
import { Stuck } from './steps.mjs';
import { understand } from './understand.mjs';

/**
 * @typedef {{ input?: readonly import('./conversation.mjs').Item[], tools?: readonly { type?: string, name?: string }[] }} Body a Responses API request
 */

/**
 * The next thing the demo model says: a step as a tool call, or the final answer. A pure function of the request (but for the ids).
 * @param {Body} body
 * @returns {object[]} output items of a response
 */
export function respond(body) {
  const { task, outputs } = readConversation(body.input ?? []);
  const next = nextOf(editFor(understand(task)), outputs);
  if ('summary' in next) return [message(JSON.stringify(next))];
  const said = next.say === '' ? [] : [message(`Demo model: ${next.say}`)];
  return [...said, 'patch' in next ? patchCall(next.patch, body.tools ?? []) : shellCall(next.command)];
}

/**
 * Runs an edit from its start with the outputs there are.
 * @param {import('./steps.mjs').Edit} edit
 * @param {readonly import('./steps.mjs').Output[]} outputs
 * @returns {import('./steps.mjs').Step | import('./steps.mjs').Answer}
 */
function nextOf(edit, outputs) {
  try {
    let state = edit.next();
    for (const output of outputs) {
      if (state.done) break;
      state = edit.next(output);
    }
    return state.value;
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    return answer(`I stopped: ${error.message}. I only know the sample app as it was made, or as I changed it.`);
  }
}

/** @param {string} text */
function message(text) {
  return {
    type: 'message',
    id: `msg_${id()}`,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
}

/** @param {string} command */
function shellCall(command) {
  return call('exec_command', { cmd: command, yield_time_ms: 30_000, max_output_tokens: 20_000 });
}

/**
 * With the patch tool where the model has one, else through the shell, where Codex recognises it.
 * @param {string} patch
 * @param {readonly { type?: string, name?: string }[]} tools
 */
function patchCall(patch, tools) {
  if (tools.some((tool) => tool.type === 'custom' && tool.name === 'apply_patch')) {
    return { type: 'custom_tool_call', id: `ctc_${id()}`, call_id: `call_${id()}`, name: 'apply_patch', input: patch, status: 'completed' };
  }
  return shellCall(`apply_patch <<'END_OF_PATCH'\n${patch}\nEND_OF_PATCH`);
}

/** @param {string} name @param {object} args */
function call(name, args) {
  return { type: 'function_call', id: `fc_${id()}`, call_id: `call_${id()}`, name, arguments: JSON.stringify(args), status: 'completed' };
}

function id() {
  return randomUUID().replaceAll('-', '').slice(0, 16);
}
