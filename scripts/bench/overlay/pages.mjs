import { createServer } from 'node:http';

/** One ordinary page and one with as many elements as the largest applications have; both with a frame and a field in it. */
export const PAGES = /** @type {const} */ (['ordinary', 'large']);
/** @typedef {typeof PAGES[number]} PageName */

/** Elements of a row, with the row itself. */
const ROW = 5;
const ELEMENTS = { ordinary: 400, large: 10_000 };

const STYLE = `body{font:14px/1.5 sans-serif;margin:24px}.row{display:flex;gap:12px;padding:6px;border-bottom:1px solid #ddd}
.row:hover{background:#f4f4f4}.row b{flex:1}iframe{width:400px;height:120px;border:1px solid #ccc}`;

/** @param {PageName} name */
function bodyOf(name) {
  const rows = Array.from(
    { length: ELEMENTS[name] / ROW },
    (_, at) =>
      `<div class="row r${at}"><b>Order ${at}</b><span>${at * 7} €</span><a href="#${at}">Open</a><button type="button">Pay</button></div>`,
  );
  return `<h1>Orders</h1><label>Name <input id="field"></label><iframe title="inner" src="/frame"></iframe><main>${rows.join('')}</main>`;
}

/** @param {string} head @param {string} body */
const htmlOf = (head, body) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Orders</title><style>${STYLE}</style>${head}</head><body>${body}</body></html>`;

/**
 * What the same costs at least: a page's own script that opens an empty dialog of the browser's at the same key.
 * @type {{ name: string, head: string }}
 */
export const BARE_DIALOG = {
  name: 'dialog',
  head: `<script>addEventListener('keydown',e=>{if(!e.ctrlKey||e.key!=='k')return;e.preventDefault();const d=document.createElement('dialog');
d.append(document.createElement('textarea'));document.body.append(d);d.showModal();d.firstChild.focus()},true)</script>`,
};

/** @type {Record<PageName, string>} */
const BODIES = { ordinary: bodyOf('ordinary'), large: bodyOf('large') };

/**
 * Serves `/<page>/<anything>`, with `?tool=` a page that has that tool in it as its makers say. The rest of the address makes it
 * a page of its own, since drafts belong to pages.
 * @param {readonly { name: string, head: string, script: string }[]} tools
 * @returns {Promise<{ url: string, close(): void }>}
 */
export async function servePages(tools) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    const html = { 'content-type': 'text/html; charset=utf-8' };
    const script = tools.find(({ name }) => pathname === `/tools/${name}.js`)?.script;
    if (script !== undefined) return response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script);
    if (pathname === '/frame') return response.writeHead(200, html).end(htmlOf('', '<input id="field" aria-label="inner">'));
    const name = PAGES.find((each) => pathname.startsWith(`/${each}/`));
    if (!name) return response.writeHead(404).end();
    const head = [BARE_DIALOG, ...tools].find((tool) => tool.name === searchParams.get('tool'))?.head ?? '';
    return response.writeHead(200, html).end(htmlOf(head, BODIES[name]));
  });
  const port = await new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => done(/** @type {import('node:net').AddressInfo} */ (server.address()).port));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
