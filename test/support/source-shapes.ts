import type { CapturedElement } from '#shared/capture.ts';

/** An app as one framework writes it, and elements of its pages as a browser shows them. */
export interface SourceShape {
  name: string;
  files: Readonly<Record<string, string>>;
  elements: readonly SourceCase[];
}

export interface SourceCase {
  element: CapturedElement;
  /** Where it is written, as `path:line`; undefined when nobody can know. */
  at: string | undefined;
}

const NOUNS = ['invoice', 'order', 'member', 'garden', 'ticket', 'recipe', 'parcel', 'lesson'] as const;
const title = (noun: string) => noun[0]!.toUpperCase() + noun.slice(1);

/** The line of the first line that holds `text`. */
function lineOf(file: string, text: string): number {
  const at = file.split('\n').findIndex((line) => line.includes(text));
  if (at === -1) throw new Error(`no line has ${text}`);
  return at + 1;
}

const captured = (selector: string, html: string, text: string, more: Partial<CapturedElement> = {}): CapturedElement => ({
  selector,
  html,
  text,
  name: text,
  ...more,
});

const ROOT = '/home/somebody/app';

/** React with Vite: JSX over several lines, hints of React 18, stacks of React 19 with lines of the bundle, and none at all. */
function react(): SourceShape {
  const files: Record<string, string> = {
    'src/components/ui/Button.tsx': `export function Button({ children, ...rest }: Props) {\n  return (\n    <button className="btn" {...rest}>\n      {children}\n    </button>\n  );\n}\n`,
    'src/App.tsx': NOUNS.map((noun) => `import { ${title(noun)}Page } from './pages/${title(noun)}Page';`).join('\n'),
  };
  const elements: SourceCase[] = [];
  for (const noun of NOUNS) {
    const path = `src/pages/${title(noun)}Page.tsx`;
    const text = `import { Button } from '../components/ui/Button';

export function ${title(noun)}Page({ ${noun}s }: Props) {
  return (
    <main className="${noun}-page">
      <h1>All your ${noun}s in one place</h1>
      <p className="text-sm text-gray-500">
        You have {${noun}s.length} open ${noun}s right now.
      </p>
      <input placeholder="Search ${noun}s by name" />
      <Button
        data-testid="add-${noun}"
        onClick={() => add()}
      >
        Add ${noun}
      </Button>
      {${noun}s.map((each) => (
        <a key={each.id} data-testid={\`${noun}-row-\${each.id}\`} href={\`/${noun}s/\${each.id}\`}>
          {each.name}
        </a>
      ))}
      <footer>Questions about ${noun}s? Write to us.</footer>
    </main>
  );
}
`;
    files[path] = text;
    files[path.replace('.tsx', '.test.tsx')] =
      `test('adds', () => { screen.getByTestId('add-${noun}'); screen.getByText('All your ${noun}s in one place'); });\n`;
    const at = (mark: string) => `${path}:${lineOf(text, mark)}`;
    elements.push(
      { element: captured('main > h1', `<h1>All your ${noun}s in one place</h1>`, `All your ${noun}s in one place`), at: at('<h1>') },
      {
        element: captured(
          'main > p',
          `<p class="text-sm text-gray-500">You have 3 open ${noun}s right now.</p>`,
          `You have 3 open ${noun}s right now.`,
        ),
        at: at('<p '),
      },
      {
        element: captured('main > input', `<input placeholder="Search ${noun}s by name">`, '', { name: `Search ${noun}s by name` }),
        at: at('<input'),
      },
      {
        element: captured(
          `[data-testid="add-${noun}"]`,
          `<button class="btn" data-testid="add-${noun}">Add ${noun}</button>`,
          `Add ${noun}`,
          {
            hints: {
              'react source': `${ROOT}/src/components/ui/Button.tsx:3:5`,
              'react sources': `${ROOT}/${path}:${lineOf(text, '<Button')}:7`,
              'react components': `Button < ${title(noun)}Page`,
            },
          },
        ),
        at: at('<Button'),
      },
      {
        element: captured(`[data-testid="${noun}-row-17"]`, `<a data-testid="${noun}-row-17" href="/${noun}s/17">Ann</a>`, 'Ann'),
        at: at('<a key'),
      },
      {
        element: captured(
          'main > footer',
          `<footer>Questions about ${noun}s? Write to us.</footer>`,
          `Questions about ${noun}s? Write to us.`,
          {
            hints: {
              'react stack': `at ${title(noun)}Page (http://localhost:5173/${path}?t=17000:71:12)\nat App (http://localhost:5173/src/App.tsx:4:2)\nat renderWithHooks (http://localhost:5173/node_modules/.vite/deps/react-dom.js:11:2)`,
            },
          },
        ),
        at: at('<footer>'),
      },
    );
  }
  return { name: 'React', files, elements };
}

function vue(): SourceShape {
  const files: Record<string, string> = {};
  const elements: SourceCase[] = [];
  for (const noun of NOUNS) {
    const path = `web/src/views/${title(noun)}View.vue`;
    const text = `<script setup lang="ts">
const props = defineProps<{ ${noun}s: string[] }>();
</script>

<template>
  <section class="${noun}-board">
    <h2>Today's ${noun}s</h2>
    <button
      type="button"
      @click="open"
    >
      Open a ${noun}
    </button>
    <ul id="${noun}-list">
      <li v-for="each in ${noun}s" :key="each" class="${noun}-entry">{{ each }}</li>
    </ul>
  </section>
</template>
`;
    files[path] = text;
    const at = (mark: string) => `${path}:${lineOf(text, mark)}`;
    const hints = { 'vue file': `${ROOT}/${path}`, 'vue components': `${title(noun)}View < App` };
    elements.push(
      { element: captured('section > h2', `<h2>Today's ${noun}s</h2>`, `Today's ${noun}s`, { hints }), at: at('<h2>') },
      {
        element: captured('section > button', `<button type="button">Open a ${noun}</button>`, `Open a ${noun}`, { hints }),
        at: at('<button'),
      },
      { element: captured(`#${noun}-list`, `<ul id="${noun}-list"><li class="${noun}-entry">x</li></ul>`, 'x'), at: at('<ul') },
      { element: captured(`li.${noun}-entry`, `<li class="${noun}-entry">Ann</li>`, 'Ann'), at: at('<li') },
    );
  }
  return { name: 'Vue', files, elements };
}

function svelte(): SourceShape {
  const files: Record<string, string> = {};
  const elements: SourceCase[] = [];
  for (const noun of NOUNS) {
    const path = `src/routes/${noun}s/+page.svelte`;
    const text = `<script>\n  let { data } = $props();\n</script>\n\n<h1>Our ${noun}s</h1>\n<form class="${noun}-form">\n  <label for="${noun}-name">Name of the ${noun}</label>\n  <input id="${noun}-name" name="${noun}">\n  <button>Save ${noun}</button>\n</form>\n{#if data.done}<p class="done">The ${noun} is saved &amp; sent</p>{/if}\n`;
    files[path] = text;
    const at = (mark: string) => `${path}:${lineOf(text, mark)}`;
    elements.push(
      { element: captured('h1', `<h1>Our ${noun}s</h1>`, `Our ${noun}s`, { hints: { 'svelte source': `${path}:5:0` } }), at: at('<h1>') },
      { element: captured(`#${noun}-name`, `<input id="${noun}-name" name="${noun}">`, ''), at: at('<input') },
      { element: captured('form > button', `<button>Save ${noun}</button>`, `Save ${noun}`), at: at('<button>') },
      { element: captured(`label`, `<label for="${noun}-name">Name of the ${noun}</label>`, `Name of the ${noun}`), at: at('<label') },
      {
        element: captured('p.done', `<p class="done">The ${noun} is saved & sent</p>`, `The ${noun} is saved & sent`),
        at: at('<p class="done"'),
      },
    );
  }
  return { name: 'Svelte', files, elements };
}

/** Server-rendered pages: nothing in the browser knows where they come from. */
function ejs(): SourceShape {
  const files: Record<string, string> = {
    'views/partials/header.ejs': '<header>\n  <a class="brand" href="/">Meadow & Sons</a>\n</header>\n',
  };
  const elements: SourceCase[] = [
    { element: captured('a.brand', '<a class="brand" href="/">Meadow & Sons</a>', 'Meadow & Sons'), at: 'views/partials/header.ejs:2' },
  ];
  for (const noun of NOUNS) {
    const path = `views/${noun}s.ejs`;
    const text = `<%- include('partials/header') %>\n<main>\n  <h1><%= user.name %>'s ${noun}s</h1>\n  <p class="lead">Every ${noun} you have asked for is listed here.</p>\n  <table class="${noun}-table">\n    <tr><th>When the ${noun} came</th></tr>\n  </table>\n</main>\n`;
    files[path] = text;
    const at = (mark: string) => `${path}:${lineOf(text, mark)}`;
    elements.push(
      { element: captured('main > h1', `<h1>Ann's ${noun}s</h1>`, `Ann's ${noun}s`), at: at('<h1>') },
      {
        element: captured(
          'p.lead',
          `<p class="lead">Every ${noun} you have asked for is listed here.</p>`,
          `Every ${noun} you have asked for is listed here.`,
        ),
        at: at('<p class'),
      },
      {
        element: captured(
          `table.${noun}-table`,
          `<table class="${noun}-table"><tr><th>When the ${noun} came</th></tr></table>`,
          `When the ${noun} came`,
        ),
        at: at('<table'),
      },
    );
  }
  return { name: 'EJS', files, elements };
}

/** The words stand in string tables, the pages have only their keys. */
function translated(): SourceShape {
  const files: Record<string, string> = {};
  const table: Record<string, Record<string, string>> = {};
  const german: Record<string, Record<string, string>> = {};
  const elements: SourceCase[] = [];
  for (const noun of NOUNS) {
    table[noun] = { [`${noun}Heading`]: `Welcome to your ${noun}s`, [`${noun}Remove`]: `Remove this ${noun} for good` };
    german[noun] = { [`${noun}Heading`]: `Willkommen ${noun}`, [`${noun}Remove`]: `${noun} entfernen` };
    const path = `app/${noun}s/page.jsx`;
    const text = `import { useTranslations } from 'next-intl';\n\nexport default function Page() {\n  const t = useTranslations('${noun}');\n  return (\n    <div className="flex flex-col gap-4">\n      <h1>{t('${noun}Heading')}</h1>\n      <button onClick={remove}>\n        {t('${noun}Remove')}\n      </button>\n    </div>\n  );\n}\n`;
    files[path] = text;
    elements.push(
      { element: captured('h1', `<h1>Welcome to your ${noun}s</h1>`, `Welcome to your ${noun}s`), at: `${path}:${lineOf(text, '<h1>')}` },
      {
        element: captured('button', `<button>Remove this ${noun} for good</button>`, `Remove this ${noun} for good`),
        at: `${path}:${lineOf(text, '<button')}`,
      },
    );
  }
  files['locales/en.json'] = `${JSON.stringify(table, null, 2)}\n`;
  files['locales/de.json'] = `${JSON.stringify(german, null, 2)}\n`;
  return { name: 'string tables', files, elements };
}

function astro(): SourceShape {
  const files: Record<string, string> = {};
  const elements: SourceCase[] = [];
  for (const noun of NOUNS) {
    const path = `src/pages/${noun}.astro`;
    const text = `---\nimport Layout from '../layouts/Layout.astro';\n---\n<Layout title="${title(noun)}">\n  <article class="${noun}-story">\n    <h1>How a ${noun} is made</h1>\n    <img src="/${noun}.jpg" alt="A ${noun} on a table">\n  </article>\n</Layout>\n`;
    files[path] = text;
    const at = (mark: string) => `${path}:${lineOf(text, mark)}`;
    elements.push(
      {
        element: captured(
          'article > h1',
          `<h1 data-astro-source-file="${ROOT}/${path}" data-astro-source-loc="6:4">How a ${noun} is made</h1>`,
          `How a ${noun} is made`,
          { hints: { 'data-astro-source-file': `${ROOT}/${path}`, 'data-astro-source-loc': '6:4' } },
        ),
        at: at('<h1>'),
      },
      {
        element: captured('img', `<img src="/${noun}.jpg" alt="A ${noun} on a table">`, '', { name: `A ${noun} on a table` }),
        at: at('<img'),
      },
      {
        element: captured(
          `article.${noun}-story`,
          `<article class="${noun}-story"><h1>How a ${noun} is made</h1></article>`,
          `How a ${noun} is made`,
        ),
        at: at('<article'),
      },
    );
  }
  return { name: 'Astro', files, elements };
}

/** Plain pages, with elements that a script made and that stand nowhere. */
function html(): SourceShape {
  const files: Record<string, string> = {};
  const elements: SourceCase[] = [];
  for (const noun of NOUNS) {
    const path = `public/${noun}.html`;
    const text = `<!doctype html>\n<title>${title(noun)}</title>\n<nav aria-label="Ways to a ${noun}">\n  <a href="/${noun}/new">New ${noun}</a>\n</nav>\n<div id="${noun}-app"></div>\n<p>\n  The ${noun} of the month\n  is chosen by you.\n</p>\n`;
    files[path] = text;
    const at = (mark: string) => `${path}:${lineOf(text, mark)}`;
    elements.push(
      {
        element: captured('nav', `<nav aria-label="Ways to a ${noun}"><a href="/${noun}/new">New ${noun}</a></nav>`, `New ${noun}`, {
          name: `Ways to a ${noun}`,
        }),
        at: at('<nav'),
      },
      { element: captured('nav > a', `<a href="/${noun}/new">New ${noun}</a>`, `New ${noun}`), at: at('<a href') },
      {
        element: captured('body > p', `<p>The ${noun} of the month is chosen by you.</p>`, `The ${noun} of the month is chosen by you.`),
        at: at('<p>'),
      },
      { element: captured('div > span:nth-of-type(3)', '<span>Zwölf Boxkämpfer</span>', 'Zwölf Boxkämpfer'), at: undefined },
    );
  }
  return { name: 'HTML', files, elements };
}

export const SHAPES: readonly (() => SourceShape)[] = [react, vue, svelte, ejs, translated, astro, html];
