import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { Clock, Gateway, GatewayState, Log, ReleaseStart } from '../../ports.ts';
import { isRunning, killTagged } from '../process-facts.ts';
import { startDetached } from '../spawn.ts';
import { type ControlReply, callGateway, GATEWAY_PROTOCOL, GatewayReport } from './control-client.ts';

export interface GatewayOptions {
  /** What starts the gateway program; its options follow. */
  command: readonly [string, ...string[]];
  /** Its whole environment. */
  env: Readonly<Record<string, string>>;
  stateFolder: string;
  /** Unix socket; at most 107 bytes long. */
  controlSocket: string;
  port: number;
  /** Names are `app.<domain>`. Default `localhost`. */
  domain?: string;
  /** How browsers reach it: `https` when something in front of it ends TLS. Default `http`. */
  scheme?: 'http' | 'https';
  /** Origin of the control page, where `/codex` of the production host leads. */
  controlUrl?: string;
  clock: Clock;
  log: Log;
}

/** The gateway with what only the deployer asks of it. */
export interface OpenGateway extends Gateway {
  startRelease(request: ReleaseStart): Promise<{ ok: true; port: number; pid: number } | { ok: false; detail: string }>;
  swap(
    releaseId: string,
    expectLive: string | undefined,
  ): Promise<{ end: 'switched' | 'not_running' } | { end: 'moved'; live: string | undefined }>;
  /** Drains every release that is not live and stops those that are not to be kept warm. */
  retire(keepWarm: readonly string[]): Promise<void>;
  stopRelease(releaseId: string): Promise<void>;
}

const SOCKET_PATH_BYTES = 107;
/** A busy machine needs seconds to start a node. */
const START_MS = 20_000;
const OTHER_START_MS = 2_000;
const LOOK_MS = 25;

const Started = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), port: z.number(), pid: z.number() }),
  z.object({ ok: z.literal(false), detail: z.string() }),
]);
const Live = z.object({ live: z.nullable(z.string()) });
const Survivors = z.object({ survivors: z.array(z.number()) });
type Ensured = Awaited<ReturnType<Gateway['ensure']>>;

/** Steers the gateway program of a state folder. A gateway that died is started again by the next call. */
export function openGateway(options: GatewayOptions): OpenGateway {
  const { controlSocket, port, log } = options;
  const domain = options.domain ?? 'localhost';
  const scheme = options.scheme ?? 'http';
  const url = `${scheme}://app.${domain}${domain.endsWith('localhost') ? `:${port}` : ''}`;
  const stateHash = () => createHash('sha256').update(realpathSync(options.stateFolder)).digest('hex').slice(0, 12);
  let ensuring: Promise<Ensured> | undefined;
  let previewHosts: readonly string[] = [];
  /** What the gateway keeps on disk from us; it is told again only when that changed. */
  let toldGateway: string | undefined;

  async function find(): Promise<GatewayReport | { refusal: Ensured } | undefined> {
    const reply = await callGateway(controlSocket, 'GET', '/state');
    if (reply.end === 'nobody') return undefined;
    const report = z.safeParse(GatewayReport, reply.body);
    const wrong = report.success ? differs(report.data) : 'something else listens there';
    if (report.success && wrong === undefined) return report.data;
    const remedy = 'End the one that runs with `scripts/codex-builder stop --all`, then start again.';
    return { refusal: { ok: false, detail: `The gateway on ${controlSocket} is not ours: ${wrong}.`, remedy } };
  }

  function differs(report: GatewayReport): string | undefined {
    if (report.protocol !== GATEWAY_PROTOCOL) return `it speaks protocol ${report.protocol}, this daemon ${GATEWAY_PROTOCOL}`;
    if (report.stateHash !== stateHash()) return 'it serves another state folder';
    return report.port === port ? undefined : `it listens on port ${report.port}, not ${port}`;
  }

  async function configure(): Promise<void> {
    const config = { controlUrl: options.controlUrl, previewHosts };
    if (JSON.stringify(config) === toldGateway) return;
    const reply = await callGateway(controlSocket, 'PUT', '/config', config);
    if (reply.end === 'answered' && reply.status === 200) toldGateway = JSON.stringify(config);
    else log('error', 'the gateway did not take its configuration', { reply });
  }

  async function ensureOnce(): Promise<Ensured> {
    if (Buffer.byteLength(controlSocket) > SOCKET_PATH_BYTES) {
      const detail = `The path of the gateway's control socket is longer than ${SOCKET_PATH_BYTES} bytes: ${controlSocket}`;
      return { ok: false, detail, remedy: 'Choose a shorter state folder with --state.' };
    }
    const found = await find();
    if (found && 'refusal' in found) return found.refusal;
    if (!found) {
      toldGateway = undefined;
      const refusal = await start();
      if (refusal) return refusal;
    }
    await configure();
    return { ok: true, url, adopted: found !== undefined };
  }

  /** Starts the program and waits until it answers; says why when it does not. */
  async function start(): Promise<Ensured | undefined> {
    const logs = join(options.stateFolder, 'logs');
    mkdirSync(logs, { recursive: true, mode: 0o700 });
    const outputFile = join(logs, 'gateway.log');
    const before = statSync(outputFile, { throwIfNoEntry: false })?.size ?? 0;
    const argv = [
      ...options.command,
      '--state',
      options.stateFolder,
      '--port',
      String(port),
      '--socket',
      controlSocket,
      '--domain',
      domain,
      '--scheme',
      scheme,
    ];
    const program = await startDetached({ argv: argv as [string, ...string[]], cwd: '/', env: options.env, outputFile });
    let deadline = options.clock.elapsed() + START_MS;
    let said: string | undefined;
    for (;;) {
      const found = await find();
      if (found && 'refusal' in found) return found.refusal;
      if (found) return undefined;
      if (options.clock.elapsed() > deadline) return explain(said ?? `no answer within ${START_MS} ms`);
      if (said === undefined && ('detail' in program || !isRunning(program.pid, program.startTime))) {
        said = 'detail' in program ? program.detail : textFrom(outputFile, before);
        // The port's holder may be a gateway of ours that another starter has just begun: it will answer in a moment.
        deadline = options.clock.elapsed() + (isPortTaken(said) ? OTHER_START_MS : 0);
      }
      await delay(LOOK_MS);
    }
  }

  function explain(said: string): Ensured {
    if (isPortTaken(said)) {
      const detail = `Port ${port}, where production and previews are served, is taken by another program.`;
      return { ok: false, detail, remedy: `Stop that program (ss -ltnp 'sport = :${port}' names it) or choose another --gateway-port.` };
    }
    return {
      ok: false,
      detail: `The gateway did not start: ${said.trim() || 'it said nothing'}`,
      remedy: 'See logs/gateway.log in the state folder.',
    };
  }

  function ensure(given?: { previewHosts: readonly string[] }): Promise<Ensured> {
    if (given !== undefined) previewHosts = given.previewHosts;
    ensuring ??= ensureOnce().finally(() => {
      ensuring = undefined;
    });
    return ensuring;
  }

  /** A call whose answer must be one of `expected`. Nobody there: the gateway is started once, then asked again. */
  async function ask(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    body: unknown,
    expected: readonly number[],
  ): Promise<{ status: number; body: unknown }> {
    let reply: ControlReply = await callGateway(controlSocket, method, path, body);
    if (reply.end === 'nobody') {
      log('warn', 'the gateway is gone and is started again', { detail: reply.detail });
      const ensured = await ensure();
      if (!ensured.ok) throw new Error(ensured.detail);
      reply = await callGateway(controlSocket, method, path, body);
    }
    if (reply.end === 'nobody') throw new Error(`the gateway cannot be reached: ${reply.detail}`);
    if (!expected.includes(reply.status))
      throw new Error(`the gateway refused ${path} with ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply;
  }

  function prove(what: string, reply: { body: unknown }): void {
    const { survivors } = z.parse(Survivors, reply.body);
    if (survivors.length > 0) throw new Error(`${what}: processes cannot be ended: ${survivors.join(', ')}`);
  }

  return {
    ensure,
    async setPreview(host, target) {
      await ask('PUT', '/preview', { host, target: target ?? null }, [200]);
    },
    async state() {
      const { body } = await ask('GET', '/state', undefined, [200]);
      return stateOf(z.parse(GatewayReport, body));
    },
    async shutDown() {
      const reply = await callGateway(controlSocket, 'POST', '/shutdown');
      const survivors = reply.end === 'answered' ? z.parse(Survivors, reply.body).survivors : await killTagged(`release/${stateHash()}`);
      if (survivors.length > 0) throw new Error(`releases cannot be ended: ${survivors.join(', ')}`);
      const deadline = options.clock.elapsed() + START_MS;
      while ((await callGateway(controlSocket, 'GET', '/state').catch(() => ({ end: 'answered' }))).end === 'answered') {
        if (options.clock.elapsed() > deadline) throw new Error('the gateway does not end');
        await delay(LOOK_MS);
      }
    },
    async startRelease(request) {
      const { body } = await ask('POST', '/release/start', request, [200, 409]);
      return z.parse(Started, body);
    },
    async swap(releaseId, expectLive) {
      const { status, body } = await ask('POST', '/swap', { releaseId, expectLive: expectLive ?? null }, [200, 409, 424]);
      if (status === 200) return { end: 'switched' };
      return status === 424 ? { end: 'not_running' } : { end: 'moved', live: z.parse(Live, body).live ?? undefined };
    },
    async retire(keepWarm) {
      prove('retiring releases', await ask('POST', '/retire', { keepWarm }, [200]));
    },
    async stopRelease(releaseId) {
      prove(`stopping ${releaseId}`, await ask('POST', '/release/stop', { releaseId }, [200]));
    },
  };
}

function stateOf(report: GatewayReport): GatewayState {
  const releases = report.releases.map(({ releaseId, pid, port, running, inFlight, traffic }) => {
    return { releaseId, pid, port, running, inFlight, ...(traffic && { traffic }) };
  });
  const live = report.releases.find(({ releaseId }) => releaseId === report.live);
  const whole = { generation: report.generation, releases, ...(report.cutOff && { cutOff: report.cutOff }) };
  if (!live) return whole;
  const { releaseId, port, pid, running, startedAt, restarts, ended } = live;
  return { ...whole, live: { releaseId, port, pid, running, startedAt, restarts, ...(ended && { ended }) } };
}

function isPortTaken(said: string): boolean {
  return said.includes('"port in use"');
}

/** What was appended to a file since it had `from` bytes, at most 8 KiB. */
function textFrom(path: string, from: number): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(8 * 1024);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from)).toString('utf8');
  } finally {
    closeSync(file);
  }
}
