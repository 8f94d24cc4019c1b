import { answer } from './answer.mjs';
import { change, inQuotes, inTemplate, read, swap, verify } from './steps.mjs';

/**
 * A page of its own, with a place in the menu. The sample's tests visit every route, so they cover it at once.
 * @param {string} path for example `/delivery`
 * @param {string} title
 * @returns {import('./steps.mjs').Edit}
 */
export function* addPage(path, title) {
  const routes = 'routes.mjs';
  const before = (yield* read('I look at the routes of the shop.', [routes]))[routes] ?? '';
  if (before.includes(`path: '${path}'`)) return answer(`there is a page at ${path} already.`);
  const slug = path.slice(1);
  const file = `pages/${slug}.mjs`;
  const name = `${slug.replace(/-+(.)?/g, (_, letter) => (letter ?? '').toUpperCase()).replace(/^\d/, (digit) => `n${digit}`)}Page`;
  const imported = before.replace(/(import [^\n]+\n)(?!import )/, (line) => `${line}import { ${name} } from './${file}';\n`);
  const after = swap(imported, '\n];\n', `\n  { path: '${path}', label: ${inQuotes(title)}, GET: ${name} },\n];\n`, routes);
  const files = yield* change('I write the page and give it a route.', [
    { path: routes, before, after },
    { path: file, after: pageSource(name, title) },
  ]);
  const checks = yield* verify();
  return answer(`there is a page "${title}" at ${path}, and the menu leads to it. ${checks.note}`, {
    files,
    howToVerify: [`Open ${path}.`, 'Look for it in the menu.'],
    followUps: [`Write the text of ${path}: for now it only has a heading and one sentence.`],
  });
}

/** @param {string} name @param {string} title */
function pageSource(name, title) {
  return `import { html } from '../html.mjs';

/** ${title.replaceAll('*/', '')}. */
export function ${name}() {
  return {
    title: ${inQuotes(title)},
    body: html\`
      <article class="prose">
        <h1>${inTemplate(title)}</h1>
        <p>We are still writing this page. Until then, <a href="/contact">ask us</a>.</p>
      </article>
    \`,
  };
}
`;
}
