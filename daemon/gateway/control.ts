import { createServer, type IncomingMessage, type Server } from 'node:http';
import * as z from 'zod/mini';
import { answer } from './pages.ts';
import { GatewayConfig, PreviewTarget, StartRequest, type StateFile } from './state-file.ts';
import type { Supervisor } from './supervisor.ts';
import type { Targets } from './targets.ts';
import type { Traffic } from './traffic.ts';

/** Version of this control protocol; a daemon that speaks another one leaves the gateway alone and says so. */
const GATEWAY_PROTOCOL = 1;
/** How long requests in flight may take before a release that lost the traffic is closed. */
const DRAIN_MS = 10_000;
const MAX_BODY = 256 * 1024;

const ByRelease = z.strictObject({ releaseId: z.string() });
const Swap = z.strictObject({ releaseId: z.string(), expectLive: z.nullable(z.string()) });
const Preview = z.strictObject({ host: z.string(), target: z.nullable(PreviewTarget) });
const Retire = z.strictObject({ keepWarm: z.array(z.string()) });

export interface ControlParts {
  state: StateFile;
  targets: Targets;
  supervisor: Supervisor;
  traffic: Traffic;
  /** Who we are: hash of the state folder and our port. */
  identity: { stateHash: string; port: number };
  /** Stops taking requests, before the releases are ended. */
  stopAccepting(): void;
  /** Ends the gateway after the answer was sent. */
  onShutdown(): void;
}

interface Reply {
  status: number;
  body: unknown;
}

/** The private side: HTTP with JSON on a unix socket that only our user may open. */
export function createControl(parts: ControlParts): Server {
  return createServer((req, res) => {
    const reply = ({ status, body }: Reply) => answer(res, status, JSON.stringify(body), { 'content-type': 'application/json' });
    handle(parts, req)
      .then(reply)
      .catch((error: Error) =>
        reply({ status: error instanceof z.core.$ZodError || error instanceof SyntaxError ? 400 : 500, body: { detail: error.message } }),
      )
      .then(() => (req.url === '/shutdown' && res.statusCode === 200 ? res.once('close', parts.onShutdown) : undefined))
      .catch(() => res.destroy());
  });
}

async function handle(parts: ControlParts, req: IncomingMessage): Promise<Reply> {
  const { state, supervisor, targets } = parts;
  const body = await readJson(req);
  switch (`${req.method} ${req.url}`) {
    case 'GET /state':
      return { status: 200, body: describe(parts) };
    case 'PUT /config': {
      const config = z.parse(GatewayConfig, body);
      state.update((current) => ({ ...current, config }));
      return { status: 200, body: {} };
    }
    case 'PUT /preview': {
      const { host, target } = z.parse(Preview, body);
      if (!state.current.config.previewHosts.includes(host)) return { status: 404, body: { detail: `${host} is not a preview host` } };
      const { [host]: _before, ...others } = state.current.previews;
      state.update((current) => ({ ...current, previews: target ? { ...others, [host]: target } : others }));
      targets.dropPreview(host);
      return { status: 200, body: {} };
    }
    case 'POST /release/start': {
      const outcome = await supervisor.start(z.parse(StartRequest, body));
      return { status: outcome.ok ? 200 : 409, body: outcome };
    }
    case 'POST /swap':
      return swap(parts, z.parse(Swap, body));
    case 'POST /retire': {
      const { keepWarm } = z.parse(Retire, body);
      const survivors = await Promise.all(others(parts).map((releaseId) => retire(parts, releaseId, keepWarm.includes(releaseId))));
      return { status: 200, body: { survivors: survivors.flat() } };
    }
    case 'POST /release/stop': {
      const { releaseId } = z.parse(ByRelease, body);
      if (state.current.live === releaseId) return { status: 409, body: { detail: `${releaseId} is live` } };
      await targets.drain(releaseId, 0);
      return { status: 200, body: { survivors: await end(parts, releaseId) } };
    }
    case 'POST /shutdown':
      parts.stopAccepting();
      return { status: 200, body: { survivors: await supervisor.stopAll() } };
    default:
      return { status: 404, body: { detail: 'no such call' } };
  }
}

/** Moves the traffic when `expectLive` still has it. Asking again for what is so already is fine. */
function swap({ state, supervisor }: ControlParts, { releaseId, expectLive }: z.infer<typeof Swap>): Reply {
  const live = state.current.live ?? null;
  if (live === releaseId) return { status: 200, body: { generation: state.current.generation } };
  if (live !== expectLive) return { status: 409, body: { live } };
  if (!supervisor.isRunning(releaseId)) return { status: 424, body: { detail: `${releaseId} does not run` } };
  state.update((current) => ({ ...current, live: releaseId, generation: current.generation + 1 }));
  return { status: 200, body: { generation: state.current.generation } };
}

function others({ state }: ControlParts): string[] {
  return state.current.releases.map(({ start }) => start.releaseId).filter((releaseId) => releaseId !== state.current.live);
}

async function retire(parts: ControlParts, releaseId: string, keep: boolean): Promise<number[]> {
  await parts.targets.drain(releaseId, DRAIN_MS);
  if (keep || parts.state.current.live === releaseId) return [];
  return end(parts, releaseId);
}

async function end({ supervisor, traffic }: ControlParts, releaseId: string): Promise<number[]> {
  const survivors = await supervisor.stop(releaseId);
  if (survivors.length === 0) traffic.forget(releaseId);
  return survivors;
}

function describe({ state, targets, supervisor, traffic, identity }: ControlParts): unknown {
  const { current } = state;
  const releases = current.releases.map(({ start, pid, port, startedAt, restarts, ended }) => ({
    releaseId: start.releaseId,
    commit: start.commit,
    pid: pid ?? 0,
    port,
    startedAt,
    restarts,
    ended,
    running: supervisor.isRunning(start.releaseId),
    inFlight: targets.inFlight(start.releaseId),
    traffic: traffic.of(start.releaseId),
  }));
  return {
    program: 'codex-builder-gateway',
    protocol: GATEWAY_PROTOCOL,
    ...identity,
    pid: process.pid,
    generation: current.generation,
    live: current.live ?? null,
    cutOff: current.cutOff,
    releases,
    previews: current.previews,
  };
}

async function readJson(req: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > MAX_BODY) throw new SyntaxError('the request is too large');
  }
  return text === '' ? {} : JSON.parse(text);
}
