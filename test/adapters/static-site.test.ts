import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxProcess } from '../../daemon/ports.ts';
import { writeFiles } from '../support/repository.ts';
import { openTestSandbox, type TestSandbox } from './sandbox-support.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

let box: TestSandbox;
const running: { stop: AbortController; process: SandboxProcess }[] = [];

beforeAll(async () => {
  box = await openTestSandbox();
  const outside = join(box.app, 'secret.txt');
  writeFiles(box.app, {
    'secret.txt': 'of the app, not of the site',
    "it's a site/index.html": '<h1>home</h1>',
    "it's a site/about.html": 'about',
    "it's a site/docs/index.html": 'docs',
    "it's a site/with space.txt": 'spaced',
    "it's a site/app.js": 'export const x = 1;',
    "it's a site/404.html": 'not here',
    "it's a site/.env": 'TOKEN=1',
    "it's a site/.well-known/security.txt": 'contact',
    "it's a site/empty.txt": '',
    'spa/index.html': 'the one page',
    'spa/assets/app.js': 'js',
  });
  symlinkSync(outside, join(box.app, "it's a site", 'link-out.txt'));
  symlinkSync('about.html', join(box.app, "it's a site", 'link-in.html'));
  symlinkSync('..', join(box.app, "it's a site", 'up'));
  await box.sandbox.own(box.app, 1);
  mkdirSync(join(box.state, 'run'));
});
afterAll(async () => {
  for (const { stop, process } of running) {
    stop.abort();
    await process.ended;
  }
  await box.remove();
});

function serve(name: string, site: { folder: string; fallback?: string }): string {
  const socket = join(box.state, 'run', `${name}.sock`);
  const stop = new AbortController();
  const argv = ['/bin/sh', '-c', box.sandbox.serving(site)] as const;
  const process = box.sandbox.start(box.request({ argv, env: { PORT: '3000' }, expose: { port: 3000, socket }, signal: stop.signal }));
  running.push({ stop, process });
  return socket;
}

function ask(socketPath: string, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    http
      .request({ socketPath, path, headers, method, agent: false }, (reply) => {
        let body = '';
        reply.on('data', (chunk) => {
          body += chunk;
        });
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body }));
      })
      .on('error', reject)
      .end();
  });
}

async function whenUp(socket: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    const answer = await ask(socket, '/').catch((error: Error) => error);
    if (!(answer instanceof Error)) return socket;
    if (tries > 2_000) throw answer;
  }
}

describe('a folder of files', () => {
  let socket: string;
  beforeAll(async () => {
    socket = await whenUp(serve('site', { folder: "it's a site" }));
  });

  it.each([
    ['/', 200, '<h1>home</h1>', 'text/html; charset=utf-8'],
    ['/index.html?x=1', 200, '<h1>home</h1>', 'text/html; charset=utf-8'],
    ['/about', 200, 'about', 'text/html; charset=utf-8'],
    ['/docs/', 200, 'docs', 'text/html; charset=utf-8'],
    ['/with%20space.txt', 200, 'spaced', 'text/plain; charset=utf-8'],
    ['/app.js', 200, 'export const x = 1;', 'text/javascript; charset=utf-8'],
    ['/empty.txt', 200, '', 'text/plain; charset=utf-8'],
    ['/.well-known/security.txt', 200, 'contact', 'text/plain; charset=utf-8'],
    ['/link-in.html', 200, 'about', 'text/html; charset=utf-8'],
    ['/nothing', 404, 'not here', 'text/html; charset=utf-8'],
  ])('%s', async (path, status, body, type) => {
    const answer = await ask(socket, path);
    expect({ status: answer.status, body: answer.body, type: answer.headers['content-type'] }).toEqual({ status, body, type });
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('a folder without its slash leads to the one with it, and never to another host', async () => {
    expect(await ask(socket, '/docs?q=1')).toMatchObject({ status: 308, headers: { location: '/docs/?q=1' } });
    expect(await ask(socket, '//evil.example/..//docs')).toMatchObject({ status: 308, headers: { location: '/docs/' } });
  });

  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/docs/..%5c..%5csecret.txt',
    '/link-out.txt',
    '/up/secret.txt',
    '/.env',
    '/docs/../.env',
    '/%00',
    '/%zz',
    'http://other/../secret.txt',
    '/etc/passwd',
  ])('SEC %s is not in it', async (path) => {
    const { status, body } = await ask(socket, path);
    expect(status).toBe(404);
    expect(body).toBe('not here');
  });

  it('that cannot be read is a fault of the server, not a missing page, and the next one is served', async () => {
    chmodSync(join(box.app, "it's a site", 'docs', 'index.html'), 0o000);
    expect(await ask(socket, '/docs/')).toMatchObject({ status: 500, body: 'This file cannot be read now.\n' });
    chmodSync(join(box.app, "it's a site", 'docs', 'index.html'), 0o644);
    expect(await ask(socket, '/docs/')).toMatchObject({ status: 200, body: 'docs' });
  });

  it('is sent again only when it has changed', async () => {
    const { headers } = await ask(socket, '/app.js');
    expect((await ask(socket, '/app.js', { 'if-none-match': headers.etag! })).status).toBe(304);
    expect((await ask(socket, '/app.js', { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await ask(socket, '/app.js', { 'if-modified-since': headers['last-modified']! })).status).toBe(304);
    writeFileSync(join(box.app, "it's a site", 'app.js'), 'export const x = 22;');
    expect(await ask(socket, '/app.js', { 'if-none-match': headers.etag! })).toMatchObject({ status: 200, body: 'export const x = 22;' });
  });

  it('is sent in parts to whoever asks for parts', async () => {
    expect(await ask(socket, '/about', { range: 'bytes=1-2' })).toMatchObject({
      status: 206,
      body: 'bo',
      headers: { 'content-range': 'bytes 1-2/5' },
    });
    expect(await ask(socket, '/about', { range: 'bytes=-2' })).toMatchObject({ status: 206, body: 'ut' });
    expect(await ask(socket, '/about', { range: 'bytes=3-' })).toMatchObject({ status: 206, body: 'ut' });
    expect((await ask(socket, '/about', { range: 'bytes=9-' })).status).toBe(416);
    expect(await ask(socket, '/about', { range: 'lines=1-2' })).toMatchObject({ status: 200, body: 'about' });
  });

  it('is looked at, never changed', async () => {
    expect(await ask(socket, '/about', {}, 'HEAD')).toMatchObject({ status: 200, body: '', headers: { 'content-length': '5' } });
    expect(await ask(socket, '/about', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
});

describe('a single page', () => {
  it('answers every address that could be a page, and no missing file', async () => {
    const socket = await whenUp(serve('spa', { folder: 'spa', fallback: 'index.html' }));
    expect(await ask(socket, '/plants/7')).toMatchObject({ status: 200, body: 'the one page' });
    expect(await ask(socket, '/assets/app.js')).toMatchObject({ status: 200, body: 'js' });
    expect((await ask(socket, '/assets/gone.js')).status).toBe(404);
  });
});

it('a folder that is not there is said, for the build should have made it', async () => {
  serve('gone', { folder: 'dist' });
  expect(await running.at(-1)!.process.ended).toMatchObject({
    end: 'exited',
    code: 1,
    stderrTail: expect.stringContaining('no folder dist'),
  });
});
