import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxProcess } from '../../daemon/ports.ts';
import { openTestSandbox, type TestSandbox } from './sandbox-support.ts';

let box: TestSandbox;
let sockets: string;
beforeAll(async () => {
  box = await openTestSandbox();
  sockets = join(box.state, 'run');
  mkdirSync(sockets, { mode: 0o700 });
});
afterAll(() => box.remove());

const running: { stop: AbortController; process: SandboxProcess }[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const { stop, process } of running.splice(0)) {
    stop.abort();
    expect((await process.ended).survivors).toEqual([]);
  }
  for (const server of servers.splice(0)) server.close();
});

/** An app that answers with its name, on whichever loopback address it likes. */
const app = (name: string, address = '127.0.0.1') =>
  [
    'node',
    '-e',
    `require('http').createServer((q, r) => { q.resume(); q.on('end', () => r.end(${JSON.stringify(name)} + q.url)); }).listen(3000, '${address}')`,
  ] as const;

function startApp(slot: string, argv: readonly [string, ...string[]], seat = 1): string {
  const socket = join(sockets, `${slot}.sock`);
  const stop = new AbortController();
  const process = box.sandbox.start(box.request({ seat, cwd: '/', mounts: [], argv, expose: { port: 3000, socket }, signal: stop.signal }));
  running.push({ stop, process });
  return socket;
}

function get(socketPath: string, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ socketPath, path, agent: false }, (reply) => {
      let text = '';
      reply.on('data', (chunk) => {
        text += chunk;
      });
      reply.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
}

/** Asks until the app has come up. Until then a connection is closed without an answer. */
async function getWhenUp(socket: string, path = '/'): Promise<string> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const answer = await get(socket, path).catch((error: Error) => error);
    if (typeof answer === 'string') return answer;
    if (performance.now() > deadline) throw answer;
  }
}

describe('a preview', () => {
  it('PRV-12: two of them listen on the same port and both are reachable', async () => {
    const [one, two] = [startApp('one', app('first '), 1), startApp('two', app('second ', '::1'), 2)];
    expect(await Promise.all([getWhenUp(one, '/a'), getWhenUp(two, '/b')])).toEqual(['first /a', 'second /b']);
  });

  it('is reachable through its socket only, and the socket is there as soon as it was started', async () => {
    const socket = startApp('there', app('x'));
    expect(lstatSync(socket).isSocket()).toBe(true);
    await getWhenUp(socket);
    await expect(fetch('http://127.0.0.1:3000/')).rejects.toThrow();
  });

  it('PRV-10: cannot see its socket or its folder, so it cannot put another one there', async () => {
    const socket = startApp('swap', [
      'node',
      '-e',
      `const fs = require('fs');
       const seen = [${JSON.stringify(sockets)}, ...fs.readdirSync('/run/codex-builder').map((name) => '/run/codex-builder/' + name)].filter((path) => fs.existsSync(path) && !path.endsWith('/bin'));
       let write = 'written'; try { fs.symlinkSync('/run/docker.sock', '/run/codex-builder/expose'); } catch (error) { write = error.code; }
       require('http').createServer((q, r) => r.end(JSON.stringify({ seen, write }))).listen(3000)`,
    ]);
    await getWhenUp(socket);
    const before = lstatSync(socket).ino;
    expect(JSON.parse(await get(socket))).toEqual({
      seen: ['/run/codex-builder/launcher.mjs', '/run/codex-builder/static-server.mjs'],
      write: 'EROFS',
    });
    expect(lstatSync(socket).ino).toBe(before);
  });

  it('does not get the listening descriptor, nor any other', async () => {
    const socket = startApp('fds', [
      'node',
      '-e',
      `const fs = require('fs'); const links = fs.readdirSync('/proc/self/fd').map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } });
       const sockets = links.filter((link) => link.startsWith('socket:')).length;
       require('http').createServer((q, r) => r.end(String(sockets))).listen(3000)`,
    ]);
    // Its own stderr. Nobody listens to its stdout.
    expect(await getWhenUp(socket)).toBe('1');
  });

  it('is gone with its socket when the program ends; a connection then is refused, not left waiting', async () => {
    const socket = startApp('ends', [
      'node',
      '-e',
      `require('http').createServer((q, r) => { r.end('bye'); setImmediate(() => process.exit(5)); }).listen(3000)`,
    ]);
    await getWhenUp(socket);
    expect(await running.at(-1)?.process.ended).toMatchObject({ end: 'exited', code: 5, survivors: [] });
    expect(existsSync(socket)).toBe(false);
    await expect(get(socket)).rejects.toThrow(/ENOENT/);
  });

  it('carries large bodies both ways', async () => {
    const socket = startApp('large', ['node', '-e', `require('http').createServer((q, r) => q.pipe(r)).listen(3000)`]);
    await getWhenUp(socket);
    const size = 20 * 1024 * 1024;
    const received = await new Promise<number>((resolve, reject) => {
      let bytes = 0;
      const request = http.request({ socketPath: socket, method: 'POST' }, (reply) => {
        reply.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        reply.on('end', () => resolve(bytes));
      });
      request.on('error', reject);
      request.end(Buffer.alloc(size, 7));
    });
    expect(received).toBe(size);
  });

  it('replaces whatever was at the place of its socket, without following it', async () => {
    const target = join(box.state, 'precious');
    writeFileSync(target, 'precious');
    symlinkSync(target, join(sockets, 'link.sock'));
    const socket = startApp('link', app('x'));
    expect(lstatSync(socket).isSocket()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('precious');
    await getWhenUp(socket);
  });

  it('with a socket that cannot be is told as not started', async () => {
    const expose = (socket: string) => box.sandbox.run(box.request({ argv: ['true'], expose: { port: 3000, socket } }));
    expect(await expose(join(sockets, 'x'.repeat(100)))).toMatchObject({ end: 'not_started', detail: expect.stringContaining('107') });
    expect(await expose(join(sockets, 'no', 'such', 'folder.sock'))).toMatchObject({ end: 'not_started' });
  });
});

describe('the relay', () => {
  const relay = async (answer: string) => {
    const socket = join(sockets, 'relay.sock');
    const server = http.createServer((request, reply) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => reply.end(`${answer} ${request.url} ${body}`));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    return socket;
  };
  const ask = (port: number) =>
    [
      'node',
      '-e',
      `fetch('http://127.0.0.1:${port}/v1/x', { method: 'POST', body: 'hello' }).then((r) => r.text()).then((t) => process.stdout.write(t), (e) => { console.log(e.cause.code); process.exit(9); })`,
    ] as const;

  it('answers on the loopback port inside, from the daemon’s socket', async () => {
    const socket = await relay('from the daemon');
    const { text, outcome } = await box.read({ argv: ask(8123), net: { kind: 'relay', socket, port: 8123 } });
    expect(text).toBe('from the daemon /v1/x hello');
    expect(outcome).toMatchObject({ end: 'exited', code: 0, survivors: [] });
  });

  it('is the only way out, and not there without being asked for', async () => {
    const socket = await relay('x');
    expect((await box.read({ argv: ask(8124), net: { kind: 'relay', socket, port: 8123 } })).text).toBe('ECONNREFUSED\n');
    expect((await box.read({ argv: ask(8123) })).text).toBe('ECONNREFUSED\n');
  });

  it('leaves exit code, standard input and signals the program’s', async () => {
    const socket = await relay('x');
    const net = { kind: 'relay', socket, port: 8123 } as const;
    const { text, outcome } = await box.read({ argv: ['sh', '-c', 'cat; exit 7'], stdin: 'typed', net });
    expect(text).toBe('typed');
    expect(outcome).toMatchObject({ end: 'exited', code: 7 });
    expect((await box.read({ argv: ['sh', '-c', 'kill -9 $$'], net })).outcome).toMatchObject({ end: 'exited', code: 137 });
    expect((await box.read({ argv: ['no-such-program'], net })).outcome).toMatchObject({ end: 'exited', code: 127 });
  });

  it('with a socket that is not there is told as not started', async () => {
    const net = { kind: 'relay', socket: join(sockets, 'absent.sock'), port: 8123 } as const;
    expect((await box.read({ argv: ['true'], net })).outcome).toMatchObject({
      end: 'not_started',
      detail: expect.stringContaining('absent.sock'),
    });
  });
});

describe('named hosts', () => {
  it('NET-02: the proxy is set, refuses every other host, and is gone afterwards', async () => {
    const script = `
      const { host, port } = (u => ({ host: u.hostname, port: u.port }))(new URL(process.env.HTTPS_PROXY));
      const ask = (target) => new Promise((resolve) => require('http').request({ host, port, method: 'CONNECT', path: target })
        .on('connect', (r) => resolve(r.statusCode)).on('response', (r) => resolve(r.statusCode)).on('error', (e) => resolve(e.code)).end());
      Promise.all(['evil.example:443', 'registry.invalid:22', 'registry.invalid.:443', 'REGISTRY.invalid:443', 'registry.invalid.evil.example:443', '127.0.0.1:443', '[::1]:443', 'registry.invalid:443'].map(ask))
        .then((codes) => console.log(JSON.stringify(codes)));`;
    const { text } = await box.read({ argv: ['node', '-e', script], net: { kind: 'allow', hosts: ['registry.invalid'] } });
    // The allowed one is dialled, but the name does not exist.
    expect(JSON.parse(text)).toEqual([403, 403, 403, 403, 403, 403, 403, 502]);
    expect(readdirSync(join(box.state, 'sandbox')).filter((name) => name.endsWith('.sock'))).toEqual([]);
  });
});
