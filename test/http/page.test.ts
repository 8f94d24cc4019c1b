import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenDoor, openDoor } from './support/open-door.ts';
import { exchange, send, statusOf } from './support/raw-http.ts';

let door: OpenDoor;
const CANARY = 'canary-outside-the-page';
beforeAll(async () => {
  door = await openDoor();
  await writeFile(`${door.pageFolder}-secret.js`, CANARY);
  await writeFile(join(door.pageFolder, '.hidden.js'), CANARY);
  await writeFile(join(door.pageFolder, 'notes.sqlite'), CANARY);
  await symlink(`${door.pageFolder}-secret.js`, join(door.pageFolder, 'link.js'));
  await mkdir(join(door.pageFolder, 'chunks'));
  await mkdir(join(door.pageFolder, 'folder.js'));
  await writeFile(join(door.pageFolder, 'chunks', 'a-1f.js'), 'export {};');
});
afterAll(async () => {
  await rm(`${door.pageFolder}-secret.js`, { force: true });
  await door.stop();
});

test('the page, its assets and the places inside it are served without a sign-in', async () => {
  const root = await send(door.port, { path: '/' });
  expect([root.status, root.headers.location]).toEqual([302, '/codex']);
  for (const path of ['/codex', '/codex/', '/codex/runs/run_1', '/codex/index.html', '/codex?x=1']) {
    const page = await send(door.port, { path });
    expect([path, page.status, page.headers['content-type']]).toEqual([path, 200, 'text/html; charset=utf-8']);
    expect(page.body).toContain('<title>Codex Builder</title>');
  }
  expect((await send(door.port, { path: '/codex/app.js' })).headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect((await send(door.port, { path: '/codex/app.css' })).headers['content-type']).toBe('text/css; charset=utf-8');
  expect((await send(door.port, { path: '/codex/chunks/a-1f.js' })).status).toBe(200);
  expect((await send(door.port, { method: 'HEAD', path: '/codex' })).status).toBe(200);
});

test('WEB-14 the page may not be framed, may load scripts from here only and talk to this daemon only', async () => {
  const policy = String((await send(door.port, { path: '/codex' })).headers['content-security-policy']).split('; ');
  expect(policy).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'self'",
      `connect-src 'self' ws://127.0.0.1:${door.port}`,
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ]),
  );
  expect(policy.find((rule) => rule.startsWith('script-src'))).not.toContain('unsafe');
});

test('WEB-18 no path leaves the folder, by dots, encodings, slashes, links, NUL or a folder named like a file', async () => {
  const name = door.pageFolder.split('/').at(-1)!;
  const secret = `${name}-secret.js`;
  for (const path of [
    `/codex/../${secret}`,
    `/codex/..%2f${secret}`,
    `/codex/..%2F${secret}`,
    `/codex/%2e%2e/${secret}`,
    `/codex/%2e%2e%2f${secret}`,
    `/codex/..%5c${secret}`,
    `/codex/..\\${secret}`,
    `/codex/%252e%252e%252f${secret}`,
    `/codex//..//${secret}`,
    `/codex/chunks/../../${secret}`,
    `/codex/./app.js`,
    `/codex//app.js`,
    `//codex/app.js`,
    `/codex/app.js%00.png`,
    `/codex/${door.pageFolder}-secret.js`,
    '/codex/link.js',
    '/codex/.hidden.js',
    '/codex/notes.sqlite',
    '/codex/folder.js',
    '/codex/%E0%A4%A.js',
    '/codex/a%0d%0ab.js',
    `/codex/${'n'.repeat(3_000)}.js`,
    '/codex/../api/status',
    '/api/artifacts/..%2f..%2fetc%2fpasswd',
    '/api/artifacts/../status',
  ]) {
    const raw = await exchange(
      door.port,
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nX-Codex-Builder-Protocol: 1\r\nConnection: close\r\n\r\n`,
    );
    expect([path, statusOf(raw)]).toEqual([path, 404]);
    expect(raw).not.toContain(CANARY);
  }
});
