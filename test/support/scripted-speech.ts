import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { openGates } from './scripted-gates.ts';
import type { Part } from './scripted-model.ts';

/** Streams one response made of `parts` as server-sent events, or misbehaves as they say. */
export async function speak(
  response: ServerResponse,
  parts: readonly Part[],
  model: string,
  gates: ReturnType<typeof openGates>,
): Promise<void> {
  const all: Part = Object.assign({}, ...parts);
  if (all.hold !== undefined) await gates.pass(all.hold);
  if (all.http !== undefined) {
    const body = all.body ?? { error: { message: `scripted ${all.http}`, type: 'scripted', code: null } };
    response.writeHead(all.http, { 'content-type': 'application/json', ...all.headers }).end(JSON.stringify(body));
    return;
  }
  let sequence = 0;
  const event = (type: string, fields: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`);
  const base = { id: `resp_${randomUUID()}`, object: 'response', created_at: 0, model, status: 'in_progress', output: [] };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  event('response.created', { response: base });
  if (all.hang) return;
  if (all.drop) {
    response.end();
    return;
  }
  if (all.failed) {
    event('response.failed', { response: { ...base, status: 'failed', error: all.failed } });
    response.end();
    return;
  }
  const output = parts.flatMap(itemsOf);
  for (const [index, item] of output.entries()) {
    event('response.output_item.added', { output_index: index, item });
    event('response.output_item.done', { output_index: index, item });
  }
  const { input, cached = 0, output: spoken } = all.usage ?? { input: 1_000, cached: 100, output: 50 };
  const usage = {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: spoken,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + spoken,
  };
  event('response.completed', { response: { ...base, status: 'completed', output, usage } });
  response.end();
}

function itemsOf(part: Part): object[] {
  const id = randomUUID().slice(0, 8);
  const items: object[] = [];
  if (part.reasoning !== undefined)
    items.push({ type: 'reasoning', id: `rs_${id}`, summary: [{ type: 'summary_text', text: part.reasoning }], encrypted_content: null });
  if (part.message !== undefined)
    items.push({
      type: 'message',
      id: `msg_${id}`,
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: part.message, annotations: [] }],
    });
  if (part.call)
    items.push({
      type: 'function_call',
      id: `fc_${id}`,
      call_id: `call_${id}`,
      name: part.call.name,
      arguments: JSON.stringify(part.call.args),
      status: 'completed',
    });
  if (part.custom)
    items.push({
      type: 'custom_tool_call',
      id: `ctc_${id}`,
      call_id: `call_${id}`,
      name: part.custom.name,
      input: part.custom.input,
      status: 'completed',
    });
  return items;
}
