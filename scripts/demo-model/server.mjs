import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { respond } from './respond.mjs';

const MAX_BODY = 32 * 1024 * 1024;
/** Roughly how many characters a token stands for; the demo counts as a real model would be billed. */
const CHARACTERS_A_TOKEN = 4;

/**
 * A stand-in for a model on a loopback port, for the sample app only. It speaks the part of the Responses API that Codex uses.
 * @returns {Promise<{ baseUrl: string, close: () => Promise<void> }>}
 */
export function startDemoModel() {
  const server = createServer((request, response) => {
    answerRequest(request, response).catch((error) => {
      process.stderr.write(`demo model: ${error instanceof Error ? error.stack : String(error)}\n`);
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: { message: 'the demo model failed', type: 'server_error' } });
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.unref();
      resolve({ baseUrl: `http://127.0.0.1:${port}/v1`, close: () => closeServer(server) });
    });
  });
}

/** @param {import('node:http').Server} server @returns {Promise<void>} */
function closeServer(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
async function answerRequest(request, response) {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (request.method === 'GET' && path.endsWith('/models')) return sendJson(response, 200, { object: 'list', data: [] });
  if (request.method !== 'POST' || !path.endsWith('/responses'))
    return sendJson(response, 404, { error: { message: 'the demo model only answers POST …/responses' } });
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_BODY) return sendJson(response, 413, { error: { message: 'too long' } });
  }
  const body = parse(text);
  if (body === undefined) return sendJson(response, 400, { error: { message: 'the body is not JSON' } });
  stream(response, body, respond(body), text.length);
}

/** @param {string} text */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Sends output items as server-sent events.
 * @param {import('node:http').ServerResponse} response
 * @param {{ model?: string }} body
 * @param {object[]} output
 * @param {number} inputLength
 */
function stream(response, body, output, inputLength) {
  let sequence = 0;
  /** @param {string} type @param {object} fields */
  const send = (type, fields) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`);
  const base = { id: `resp_${randomUUID().replaceAll('-', '')}`, object: 'response', model: body.model ?? 'demo', output: [] };
  const inputTokens = Math.ceil(inputLength / CHARACTERS_A_TOKEN);
  const outputTokens = Math.ceil(JSON.stringify(output).length / CHARACTERS_A_TOKEN);
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  send('response.created', { response: { ...base, status: 'in_progress' } });
  output.forEach((item, index) => {
    send('response.output_item.added', { output_index: index, item });
    send('response.output_item.done', { output_index: index, item });
  });
  send('response.completed', { response: { ...base, status: 'completed', output, usage } });
  response.end();
}

/** @param {import('node:http').ServerResponse} response @param {number} status @param {object} value */
function sendJson(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
