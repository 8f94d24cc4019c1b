import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API, type Door, doorPath } from '#shared/api.ts';
import type { HandledDoor, Handlers } from '../../../daemon/http/handlers.ts';
import type { HttpLimits } from '../../../daemon/http/limits.ts';
import { createHttp } from '../../../daemon/http/server.ts';
import type { Clock, Ids } from '../../../daemon/ports.ts';
import { cannedHandlers, INPUTS, type SeenCall } from './canned-handlers.ts';
import { createMemoryStore, type MemoryStore, type TestDevice } from './memory-store.ts';
import { type Answer, send } from './raw-http.ts';

export const EXTENSION = `chrome-extension://${'a'.repeat(32)}`;

export const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, then) {
    const timer = setTimeout(then, delayMs);
    return () => clearTimeout(timer);
  },
};

export const ids: Ids = {
  next: (prefix) => `${prefix}_${randomBytes(13).toString('hex')}`,
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
};

export interface OpenDoor {
  port: number;
  page: string;
  store: MemoryStore;
  seen: SeenCall[];
  logged: { level: string; message: string; fields?: Readonly<Record<string, unknown>> }[];
  pageFolder: string;
  owner: TestDevice;
  cli: TestDevice;
  extension: TestDevice;
  /** Headers of a well-made request of the page's owner. */
  headers(more?: Record<string, string>): Record<string, string>;
  /** A well-made call of a door. */
  call(door: HandledDoor, options?: { headers?: Record<string, string>; body?: unknown; query?: string }): Promise<Answer>;
  stop(): Promise<void>;
}

/** A listening door with a store in memory, canned handlers and three devices. */
export async function openDoor(options: { limits?: Partial<HttpLimits>; answers?: Partial<Handlers> } = {}): Promise<OpenDoor> {
  const store = createMemoryStore();
  const seen: SeenCall[] = [];
  const logged: OpenDoor['logged'] = [];
  const pageFolder = await mkdtemp(join(tmpdir(), 'door-page-'));
  await writeFile(
    join(pageFolder, 'index.html'),
    '<!doctype html><title>Codex Builder</title><script type="module" src="/codex/app.js"></script>',
  );
  await writeFile(join(pageFolder, 'app.js'), 'export const page = 1;');
  await writeFile(join(pageFolder, 'app.css'), 'body{}');
  const http = createHttp({
    port: 0,
    handlers: cannedHandlers(seen, options.answers),
    store,
    clock,
    ids,
    log: (level, message, fields) => logged.push({ level, message, ...(fields ? { fields } : {}) }),
    pageFolder,
    limits: options.limits ?? {},
    checkReplies: true,
  });
  const started = await http.start();
  if (!started.ok) throw new Error(started.detail);
  const { port } = started;
  const page = `http://127.0.0.1:${port}`;
  const owner = await store.addDevice({ role: 'admin', kind: 'page' });
  const cli = await store.addDevice({ role: 'admin', kind: 'cli' });
  const extension = await store.addDevice({ role: 'requester', kind: 'extension', origin: EXTENSION });

  const headers = (more: Record<string, string> = {}) => ({
    authorization: owner.bearer,
    origin: page,
    'content-type': 'application/json',
    'x-codex-builder-protocol': '1',
    'idempotency-key': randomBytes(8).toString('hex'),
    ...more,
  });
  return {
    port,
    page,
    store,
    seen,
    logged,
    pageFolder,
    owner,
    cli,
    extension,
    headers,
    call(door, { headers: more = {}, body = INPUTS[door].body, query = '' } = {}) {
      const { method }: Door = API[door];
      return send(port, {
        method,
        path: doorPath(door, INPUTS[door].params) + query,
        headers: headers(more),
        ...(method === 'GET' || body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
    },
    async stop() {
      await http.stop();
      await rm(pageFolder, { recursive: true, force: true });
    },
  };
}

/** A header list without some of its names. */
export function without(headers: Record<string, string>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
