import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { pidsTagged } from '../../daemon/adapters/process-facts.ts';

/** By its full name: the programs run in other folders. */
export const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
export const GATEWAY_COMMAND = [
  process.execPath,
  '--import',
  TSX,
  fileURLToPath(new URL('../../daemon/gateway/main.ts', import.meta.url)),
] as const;
export const FIXTURE_APP = fileURLToPath(new URL('./fixture-app.mjs', import.meta.url));
export const PREVIEW_HOSTS = ['preview1.localhost', 'preview2.localhost', 'preview3.localhost'];

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the control socket speaks JSON, tests look at parts of it
type Json = any;

/** One request over TCP or a unix socket. */
export function ask(
  where: { port: number } | { socketPath: string },
  options: {
    host?: string;
    path?: string;
    method?: string;
    headers?: Record<string, string | string[]>;
    body?: string;
    agent?: Agent;
  },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...('port' in where ? { host: '127.0.0.1', port: where.port } : where),
        path: options.path ?? '/',
        method: options.method ?? 'GET',
        agent: options.agent ?? false,
        headers: { ...(options.host ? { host: options.host } : {}), ...options.headers },
      },
      (reply) => {
        let body = '';
        reply.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        reply.on('end', () => resolve({ status: reply.statusCode!, headers: reply.headers, body }));
        reply.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(options.body);
  });
}

/** Asks until `holds` is true of the answer; fails after `withinMs`. */
export async function until<T>(look: () => Promise<T> | T, holds: (value: T) => boolean, withinMs = 8_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await Promise.resolve(look());
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`did not come true, last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The gateway program in a folder of its own, with fixture apps as releases. */
export class TestGateway {
  readonly folder: string;
  readonly socket: string;
  port = 0;
  process: ChildProcess | undefined;
  readonly #children: ChildProcess[] = [];

  constructor(folder = mkdtempSync(join(tmpdir(), 'gw-'))) {
    this.folder = folder;
    this.socket = join(folder, 'gateway.sock');
  }

  async start(): Promise<this> {
    this.port ||= await freePort();
    const [program, ...rest] = GATEWAY_COMMAND;
    this.process = spawn(program, [...rest, '--state', this.folder, '--port', String(this.port), '--socket', this.socket], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    this.process.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    const ended = new Promise<never>((_resolve, reject) =>
      this.process!.once('exit', () => reject(new Error(`the gateway ended: ${errors}`))),
    );
    ended.catch(() => undefined);
    await Promise.race([
      ended,
      until(
        () => this.control('GET', '/state').catch(() => undefined),
        (state) => state?.body.pid === this.process!.pid,
      ),
    ]);
    await this.control('PUT', '/config', { controlUrl: 'http://127.0.0.1:4400', previewHosts: PREVIEW_HOSTS });
    return this;
  }

  async control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
    const answer = await ask({ socketPath: this.socket }, { method, path, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: JSON.parse(answer.body) };
  }

  async state(): Promise<Json> {
    return (await this.control('GET', '/state')).body;
  }

  startRequest(releaseId: string, env: Record<string, string> = {}) {
    const dataDir = join(this.folder, 'data');
    mkdirSync(dataDir, { recursive: true });
    return {
      releaseId,
      commit: 'a'.repeat(40),
      argv: [process.execPath, FIXTURE_APP],
      cwd: this.folder,
      env: { PATH: '/usr/bin:/bin', ...env },
      dataDir,
      logFile: join(this.folder, `${releaseId}.log`),
    };
  }

  /** Starts a release and waits until it answers on its own port. */
  async startRelease(releaseId: string, env: Record<string, string> = {}): Promise<{ port: number; pid: number; found: boolean }> {
    const { status, body } = await this.control('POST', '/release/start', this.startRequest(releaseId, env));
    if (status !== 200) throw new Error(JSON.stringify(body));
    await until(
      () => ask({ port: body.port }, { path: '/healthz' }).catch(() => undefined),
      (answer) => answer?.status === 200,
    );
    return body;
  }

  async goLive(releaseId: string, env: Record<string, string> = {}): Promise<{ port: number; pid: number }> {
    const started = await this.startRelease(releaseId, env);
    const { live } = await this.state();
    await this.control('POST', '/swap', { releaseId, expectLive: live });
    return started;
  }

  /** A fixture app on a unix socket, as a preview has it. */
  async startPreviewApp(name: string): Promise<{ unix: string; process: ChildProcess }> {
    const unix = join(this.folder, `${name}.sock`);
    const child = spawn(process.execPath, [FIXTURE_APP], { env: { ...process.env, SOCKET: unix, RELEASE_ID: name }, stdio: 'ignore' });
    this.#children.push(child);
    await until(() => existsSync(unix), Boolean);
    return { unix, process: child };
  }

  production(path: string, options: Omit<Parameters<typeof ask>[1], 'path' | 'host'> = {}): Promise<Answer> {
    return ask({ port: this.port }, { ...options, path, host: `app.localhost:${this.port}` });
  }

  preview(n: number, path: string, options: Omit<Parameters<typeof ask>[1], 'path' | 'host'> = {}): Promise<Answer> {
    return ask({ port: this.port }, { ...options, path, host: `preview${n}.localhost:${this.port}` });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** Living processes of releases of this gateway. */
  async releasePids(): Promise<readonly number[]> {
    const { stateHash } = await this.state();
    return pidsTagged(`release/${stateHash}`);
  }

  async end(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    if (this.process && this.process.exitCode === null && this.process.signalCode === null)
      await this.control('POST', '/shutdown').catch(() => this.kill());
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
