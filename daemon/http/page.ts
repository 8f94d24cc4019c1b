import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Hono } from 'hono';
import type { DoorEnv, DoorRequest } from './door-context.ts';
import { refusal } from './problem.ts';
import { pageHeaders } from './security-headers.ts';
import { refuseRequest } from './sign-in.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.map': 'application/json',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/**
 * The page and its assets from one folder. They carry no secret and need none.
 * A path without a file ending is a place inside the page, so it gets the page.
 */
export function mountPage(app: Hono<DoorEnv>, folder: string, port: number): void {
  const headers = pageHeaders(port);
  const send = async (c: DoorRequest, name: string) => {
    const bytes = await readAsset(folder, name);
    const type = TYPES[extname(name)];
    if (!bytes || !type) return refuseRequest(c, refusal('not_found', 'There is no such file.'));
    return c.body(bytes, 200, { ...headers, 'content-type': type });
  };
  app.get('/', (c) => c.redirect('/codex', 302));
  app.get('/codex', (c) => send(c, 'index.html'));
  app.get('/codex/*', (c) => {
    const name = c.env.admitted.path.slice('/codex/'.length);
    return send(c, extname(name) === '' ? 'index.html' : name);
  });
}

/** Bytes of a file that lies inside the folder, links resolved; undefined for everything else. */
async function readAsset(folder: string, name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!NAME.test(name)) return undefined;
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, name));
    return file.startsWith(root + sep) ? new Uint8Array(await readFile(file)) : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP') return undefined;
    throw error;
  }
}
