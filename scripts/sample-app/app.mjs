import { readFileSync } from 'node:fs';
import { layout } from './pages/layout.mjs';
import { routes } from './routes.mjs';

const MAX_BODY = 64 * 1024;
const style = readFileSync(new URL('./public/style.css', import.meta.url));

/**
 * Answers requests. A page is a function of the database and the request that gives { title, body } or { redirect }.
 */
export function createApp({ database, release }) {
  return async (request, response) => {
    const url = new URL(request.url, 'http://shop');
    try {
      if (url.pathname === '/healthz') return sendJson(response, { ok: true, release });
      if (url.pathname === '/style.css') return send(response, 200, 'text/css; charset=utf-8', style);
      const found = findRoute(url.pathname);
      if (found === undefined) return sendPage(response, 404, notFound());
      const handler = found.route[request.method === 'HEAD' ? 'GET' : request.method];
      if (handler === undefined) return sendPage(response, 405, { title: 'Not possible', body: 'This page cannot do that.' });
      const form = request.method === 'POST' ? new URLSearchParams(await readBody(request)) : undefined;
      const page = handler({ database, params: found.params, query: url.searchParams, form });
      if (page === undefined) return sendPage(response, 404, notFound());
      if (page.redirect !== undefined) return response.writeHead(303, { location: page.redirect }).end();
      return sendPage(response, page.status ?? 200, page, url.pathname);
    } catch (error) {
      console.error(error);
      if (response.headersSent) return response.destroy();
      return sendPage(response, 500, { title: 'Something broke', body: 'Sorry. It is not you, it is us.' });
    }
  };
}

/** The route whose pattern fits, with the values of its `:names`. */
function findRoute(pathname) {
  const parts = pathname.split('/');
  for (const route of routes) {
    const pattern = route.path.split('/');
    if (pattern.length !== parts.length) continue;
    const params = {};
    const fits = pattern.every((part, index) => {
      if (!part.startsWith(':')) return part === parts[index];
      params[part.slice(1)] = parts[index];
      return parts[index] !== '';
    });
    if (fits) return { route, params };
  }
  return undefined;
}

async function readBody(request) {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > MAX_BODY) throw new Error('the form is too long');
  }
  return body;
}

function notFound() {
  return { title: 'Not found', body: 'Nothing grows here.' };
}

function sendPage(response, status, page, pathname = '') {
  send(response, status, 'text/html; charset=utf-8', layout({ ...page, pathname }));
}

function sendJson(response, value) {
  send(response, 200, 'application/json', JSON.stringify(value));
}

function send(response, status, type, body) {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
  response.end(body);
}
