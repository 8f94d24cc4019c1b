/**
 * Serves a folder of plain files on 127.0.0.1:$PORT, as a preview or a release.
 * node static-server.mjs <folder> [<page for every address that no file has>]
 * Plain JavaScript without dependencies, because it is mounted as it is.
 */
import { createReadStream, realpathSync } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import http from 'node:http';
import { extname, join, sep } from 'node:path';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.htm': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.otf': 'font/otf',
  '.wasm': 'application/wasm',
  '.pdf': 'application/pdf',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.zip': 'application/zip',
};

/** How a system says that there is no such file. Anything else (no more open files, a file it may not read) is a fault, and is answered as one. */
const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

const [given = '', fallback] = process.argv.slice(2);
/** @type {string} */
let root;
try {
  root = realpathSync(given);
} catch {
  process.stderr.write(`There is no folder ${given} to serve: has the build made it?\n`);
  process.exit(1);
}

/**
 * The file at a path below the root, or undefined. A link may lead anywhere within the root and nowhere else; folders are no files.
 * @param {string} path
 */
async function fileAt(path) {
  try {
    const real = await realpath(join(root, path));
    if (real !== root && !real.startsWith(root + sep)) return undefined;
    const handle = await open(real, 'r');
    const stat = await handle.stat();
    if (stat.isFile()) return { handle, stat, type: TYPES[extname(real).toLowerCase()] ?? 'application/octet-stream' };
    await handle.close();
    return undefined;
  } catch (error) {
    if (MISSING.has(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) return undefined;
    throw error;
  }
}

/**
 * What an address means: the file, the index of the folder, or the page without its `.html`.
 * @param {string} path
 */
async function find(path) {
  if (path.endsWith('/')) return fileAt(`${path}index.html`);
  return (await fileAt(path)) ?? (await fileAt(`${path}.html`));
}

/**
 * The decoded path, or undefined where it is none or names a hidden file (`.git`, `.env`), `/.well-known/` excepted.
 * @param {string} url
 */
function pathOf(url) {
  try {
    const path = decodeURIComponent(new URL(url, 'http://local').pathname);
    const isHidden = path.split('/').some((part) => part.startsWith('.') && part !== '.well-known');
    return path.includes('\0') || path.includes('\\') || isHidden ? undefined : path;
  } catch {
    return undefined;
  }
}

/**
 * One range of bytes, which is what media players ask for. Anything else is answered with the whole file.
 * @param {string | undefined} header
 * @param {number} size
 * @returns {{ start: number, end: number } | 'unsatisfiable' | undefined}
 */
function rangeOf(header, size) {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}

/**
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} reply
 * @param {NonNullable<Awaited<ReturnType<typeof fileAt>>>} file
 * @param {number} status
 */
function send(request, reply, { handle, stat, type }, status) {
  const etag = `"${stat.size.toString(16)}-${Math.floor(stat.mtimeMs).toString(16)}"`;
  const headers = {
    'content-type': type,
    etag,
    'last-modified': stat.mtime.toUTCString(),
    'cache-control': 'no-cache',
    'accept-ranges': 'bytes',
  };
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  const known = request.headers['if-none-match'];
  const isKnown =
    known === undefined
      ? Math.floor(stat.mtimeMs / 1000) * 1000 <= since
      : known.split(',').some((each) => each.trim().replace(/^W\//, '') === etag);
  const range = status === 200 && request.headers['if-range'] === undefined ? rangeOf(request.headers.range, stat.size) : undefined;
  if (status === 200 && isKnown) reply.writeHead(304, headers);
  else if (range === 'unsatisfiable') reply.writeHead(416, { 'content-range': `bytes */${stat.size}` });
  else {
    const { start, end } = range ?? { start: 0, end: stat.size - 1 };
    const partial = range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${stat.size}` };
    reply.writeHead(range === undefined ? status : 206, { ...headers, ...partial, 'content-length': end - start + 1 });
    if (request.method === 'GET' && end >= start) {
      const stream = createReadStream('', { fd: handle, start, end });
      stream.on('error', () => reply.destroy());
      reply.on('close', () => stream.destroy());
      stream.pipe(reply);
      return;
    }
  }
  void handle.close();
  reply.end();
}

/**
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} reply
 */
async function serve(request, reply) {
  reply.setHeader('x-content-type-options', 'nosniff');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    reply.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const path = pathOf(request.url ?? '/');
  const file = path === undefined ? undefined : await find(path);
  if (file !== undefined) return send(request, reply, file, 200);
  const index = path === undefined || path.endsWith('/') ? undefined : await fileAt(`${path}/index.html`);
  if (index !== undefined) {
    await index.handle.close();
    // Relative links on the page mean the folder only when the address ends like one. One slash in front, or it would name another host.
    const query = (request.url ?? '').replace(/^[^?]*/, '');
    const place = `/${encodeURI(path ?? '').replace(/^\/+/, '')}/`;
    reply.writeHead(308, { location: `${place}${query}` }).end();
    return;
  }
  // A missing picture or script is missing: only what could be a page gets the page for all others.
  const other = fallback !== undefined && extname(path ?? '') === '' ? await fileAt(fallback) : undefined;
  if (other !== undefined) return send(request, reply, other, 200);
  const missing = await fileAt('404.html');
  if (missing !== undefined) return send(request, reply, missing, 404);
  reply.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found.\n');
}

const server = http.createServer((request, reply) => {
  serve(request, reply).catch((error) => {
    process.stderr.write(`${request.url} cannot be served: ${error instanceof Error ? error.message : String(error)}\n`);
    if (reply.headersSent) reply.destroy();
    else reply.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end('This file cannot be read now.\n');
  });
});
// biome-ignore lint/style/noProcessEnv: a program of its own, told by whoever starts it
server.listen(Number(process.env['PORT']), '127.0.0.1');
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
