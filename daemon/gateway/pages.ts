import type { IncomingMessage, ServerResponse } from 'node:http';

/** A plain answer without a body of the app's. */
export function answer(res: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  res.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': String(Buffer.byteLength(text) + 1),
    ...headers,
  });
  res.end(`${text}\n`);
}

/** 503 for people: says what is missing and looks again by itself, without a script. */
export function waitingPage(req: IncomingMessage, res: ServerResponse, title: string, detail: string): void {
  if (!(req.headers.accept ?? '').includes('text/html')) {
    answer(res, 503, `${title}. ${detail}`, { 'retry-after': '3' });
    return;
  }
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="3"><meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-content:center;font:16px/1.5 system-ui,sans-serif;text-align:center;padding:0 1.5rem}
h1{font-size:1.25rem;font-weight:600;margin:0}
p{margin:.5rem 0 0;opacity:.7}
</style></head>
<body><main><h1>${title}</h1><p>${detail}</p></main></body></html>
`;
  answer(res, 503, html.trimEnd(), {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *",
    'retry-after': '3',
  });
}
