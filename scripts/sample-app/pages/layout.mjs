import { html } from '../html.mjs';
import { routes } from '../routes.mjs';

/** The frame around every page: head, menu, footer. */
export function layout({ title, body, pathname }) {
  const menu = routes.filter((route) => route.label !== undefined);
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Fern & Moss</title>
  <link rel="stylesheet" href="/style.css">
  <link rel="icon" href="data:,">
</head>
<body>
  <header class="top">
    <a class="brand" href="/">Fern <span>&</span> Moss</a>
    <nav aria-label="Main">
      ${menu.map((route) => html`<a href="${route.path}"${current(route.path, pathname)}>${route.label}</a>`)}
    </nav>
  </header>
  <main>${body}</main>
  <footer>
    <p>Fern & Moss, plants for quiet corners.</p>
  </footer>
</body>
</html>
`.toString();
}

function current(path, pathname) {
  return pathname === path || pathname.startsWith(`${path}/`) ? html` aria-current="page"` : '';
}
