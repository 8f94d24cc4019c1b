/**
 * A Responses API that says what a script tells it to, so that the real Codex CLI works offline.
 *
 * The script is chosen by the last user message with `SCENARIO=<name>` in it (else `default`), the step by the number of
 * tool outputs after that message. Nothing is remembered between requests, so retries, resumed threads and restarts of
 * the daemon or of this server get the same answers.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentAnswer } from '#shared/review.ts';
import { type Gates, openGates } from './scripted-gates.ts';
import { speak } from './scripted-speech.ts';

/** One thing the model puts in a response, or a way in which it misbehaves. */
export interface Part {
  message?: string;
  reasoning?: string;
  /** A function call, for example `exec_command`. */
  call?: { name: string; args: Readonly<Record<string, unknown>> };
  /** A custom tool call, for example `apply_patch`. */
  custom?: { name: string; input: string };
  /** Answers with this status and an error body instead. */
  http?: number;
  /** Body of the `http` answer. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Starts the stream and never ends it. */
  hang?: true;
  /** Ends the stream before the response is complete. */
  drop?: true;
  /** Waits until the test opens this gate. */
  hold?: string;
  /** Ends the response as failed. */
  failed?: { code: string; message: string };
  usage?: { input: number; cached?: number; output: number };
}

/** Answers one request. A step with several calls is followed by as many outputs. */
export type Step = Part | readonly Part[];
export type Scenarios = Readonly<Record<string, readonly Step[]>>;

export interface ModelRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: ModelBody;
  scenario: string;
  outputs: number;
}

interface ModelBody {
  model?: string;
  input?: readonly ModelItem[];
  tools?: readonly { type: string; name?: string }[];
  [key: string]: unknown;
}
interface ModelItem {
  type?: string;
  role?: string;
  content?: unknown;
  call_id?: string;
  output?: unknown;
}

export interface ScriptedModel extends Gates {
  /** To be used as the provider's `baseUrl`. */
  readonly baseUrl: string;
  readonly requests: readonly ModelRequest[];
  /** Adds or replaces a scenario. */
  teach(name: string, steps: readonly Step[]): void;
  close(): Promise<void>;
}

export const say = (message: string): Part => ({ message });
export const run = (cmd: string, args: Readonly<Record<string, unknown>> = {}): Part => ({
  call: { name: 'exec_command', args: { cmd, ...args } },
});
export const patch = (input: string): Part => ({ custom: { name: 'apply_patch', input } });
/** A patch that adds a file, in the words of `apply_patch`. */
export const addFile = (path: string, text: string): Part =>
  patch(`*** Begin Patch\n*** Add File: ${path}\n${text.replace(/\n$/, '').replace(/^/gm, '+')}\n*** End Patch\n`);
/** A final answer that satisfies the schema of `AgentAnswer`. */
export const answer = (given: Partial<AgentAnswer> = {}): Part => ({
  message: JSON.stringify({ summary: 'Done.', files: [], risks: [], howToVerify: [], followUps: [], ...given } satisfies AgentAnswer),
});

/** Starts the model on 127.0.0.1. A list of steps is the `default` scenario. */
export async function startScriptedModel(script: Scenarios | readonly Step[], options: { port?: number } = {}): Promise<ScriptedModel> {
  const scenarios = new Map<string, readonly Step[]>(isSteps(script) ? [['default', script]] : Object.entries(script));
  const requests: ModelRequest[] = [];
  const gates = openGates();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '/';
      const control = /^\/(reached|release)\/([\w.-]+)$/.exec(path);
      if (control) {
        if (control[1] === 'release') gates.release(control[2]!);
        void (control[1] === 'reached' ? gates.reached(control[2]!) : Promise.resolve()).then(() => response.end('{}'));
        return;
      }
      const body = parse(Buffer.concat(chunks).toString('utf8'));
      const { scenario, outputs } = choose(body);
      requests.push({ method: request.method ?? '', path, headers: request.headers, body, scenario, outputs });
      const steps = scenarios.get(scenario) ?? [say(`there is no scenario ${scenario}`)];
      const step = stepAt(steps, outputs);
      if (request.method !== 'POST' || !path.endsWith('/responses')) response.writeHead(404).end('{"error":{"message":"not scripted"}}');
      else void speak(response, Array.isArray(step) ? step : [step as Part], String(body.model), gates);
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    ...gates,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    teach: (name, steps) => void scenarios.set(name, steps),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Opens and awaits the gates of a model that runs as another process. */
export function connectGates(baseUrl: string): Gates {
  const ask = async (verb: string, gate: string) =>
    void (await fetch(new URL(`/${verb}/${gate}`, baseUrl)).then((answered) => answered.text()));
  return { reached: (gate) => ask('reached', gate), release: (gate) => void ask('release', gate) };
}

const isSteps = (script: Scenarios | readonly Step[]): script is readonly Step[] => Array.isArray(script);

function parse(text: string): ModelBody {
  try {
    return JSON.parse(text) as ModelBody;
  } catch {
    return {};
  }
}

function choose(body: ModelBody): { scenario: string; outputs: number } {
  const input = body.input ?? [];
  const markers = input.map((item) => (item.role === 'user' ? /SCENARIO=([\w.-]+)/.exec(JSON.stringify(item.content)) : null));
  const marked = markers.findLastIndex((marker) => marker !== null);
  const from = marked >= 0 ? marked : input.findLastIndex((item) => item.role === 'user');
  const scenario = markers[marked]?.[1] ?? 'default';
  return { scenario, outputs: input.slice(from + 1).filter((item) => item.type?.endsWith('_call_output')).length };
}

function stepAt(steps: readonly Step[], outputs: number): Step {
  let consumed = 0;
  for (const step of steps) {
    if (outputs <= consumed) return step;
    consumed += (Array.isArray(step) ? (step as readonly Part[]) : [step as Part]).filter((part) => part.call ?? part.custom).length;
  }
  return steps.at(-1) ?? say('the script is empty');
}
