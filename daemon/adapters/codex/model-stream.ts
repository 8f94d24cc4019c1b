import type { TokenUsage } from '../../ports.ts';
import { field, type JsonObject, listOf, numberOf, objectOf, parseObject, stringOf } from './json.ts';

/** A tool that the model asked for. */
export interface ModelCall {
  callId: string;
  name: string;
  /** Arguments as the model wrote them: JSON of a function, free text of a custom tool. */
  input: string;
}

/** What the relay understands of a response stream. */
export type ModelEvent =
  | { type: 'call'; call: ModelCall }
  | { type: 'usage'; usage: TokenUsage }
  | { type: 'completed' }
  | { type: 'failed'; code: string; message: string };

/** Reads one line of a server-sent event stream; most lines say nothing of interest. */
export function readStreamLine(line: string): readonly ModelEvent[] {
  if (!line.startsWith('data:')) return [];
  const event = parseObject(line.slice(5));
  if (!event) return [];
  const response = field(event, 'response');
  switch (field(event, 'type')) {
    case 'response.output_item.done':
      return callOf(field(event, 'item'));
    case 'response.completed':
    case 'response.incomplete':
      return [...usageOf(response), { type: 'completed' }];
    case 'response.failed': {
      const error = field(response, 'error');
      return [
        ...usageOf(response),
        { type: 'failed', code: stringOf(field(error, 'code')) ?? '', message: stringOf(field(error, 'message')) ?? 'the model failed' },
      ];
    }
    default:
      return [];
  }
}

/** The outputs of tools, by call id, that a request hands back to the model. */
export function readOutputs(body: JsonObject): readonly { callId: string; text: string }[] {
  return listOf(field(body, 'input')).flatMap((item) => {
    const callId = stringOf(field(item, 'call_id'));
    const isOutput = field(item, 'type') === 'function_call_output' || field(item, 'type') === 'custom_tool_call_output';
    return isOutput && callId !== undefined ? [{ callId, text: textOf(field(item, 'output')) }] : [];
  });
}

function textOf(output: unknown): string {
  if (typeof output === 'string') return output;
  return listOf(output)
    .map((part) => stringOf(field(part, 'text')) ?? '')
    .join('\n');
}

/** The tool call that an item of a response is, if it is one. */
export function callOf(item: unknown): readonly (ModelEvent & { type: 'call' })[] {
  const callId = stringOf(field(item, 'call_id'));
  const name = stringOf(field(item, 'name'));
  if (callId === undefined || name === undefined) return [];
  if (field(item, 'type') === 'function_call')
    return [{ type: 'call', call: { callId, name, input: stringOf(field(item, 'arguments')) ?? '' } }];
  if (field(item, 'type') === 'custom_tool_call')
    return [{ type: 'call', call: { callId, name, input: stringOf(field(item, 'input')) ?? '' } }];
  return [];
}

function usageOf(response: unknown): readonly ModelEvent[] {
  const usage = objectOf(field(response, 'usage'));
  if (!usage) return [];
  const details = field(usage, 'input_tokens_details');
  const count = (value: unknown) => Math.max(0, numberOf(value) ?? 0);
  return [
    {
      type: 'usage',
      usage: {
        inputTokens: count(field(usage, 'input_tokens')),
        cachedInputTokens: count(field(details, 'cached_tokens')),
        outputTokens: count(field(usage, 'output_tokens')),
      },
    },
  ];
}
