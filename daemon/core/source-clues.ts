import type { CapturedElement } from '#shared/capture.ts';

/** A file that the page's framework names. `isMapped`: its line is one of the source, not of what a bundler made of it. */
export interface PathClue {
  segments: readonly string[];
  line?: number;
  isMapped: boolean;
  from: string;
}

/** A text that the element's source very likely holds as it is. `weight` says how telling it is. */
export interface TextClue {
  text: string;
  weight: number;
  what: string;
}

/** Everything in a captured element that may lead to its source. All of it came from a page: none of it is believed, only looked for. */
export interface Clues {
  tag: string;
  paths: readonly PathClue[];
  components: readonly string[];
  texts: readonly TextClue[];
}

const MAX_TEXTS = 24;
const MAX_PATHS = 12;

/** What to look for. Deterministic and bounded, whatever the page says. */
export function cluesOf(element: CapturedElement): Clues {
  const html = (element.html ?? '').slice(0, 16_000);
  const opening = /^<([a-z][\w-]*)([^>]*)>/i.exec(html);
  const attributes = attributesOf(opening?.[2] ?? '');
  const hints = Object.entries(element.hints ?? {});
  return {
    tag: (opening?.[1] ?? lastTag(element.selector)).toLowerCase(),
    paths: hints.flatMap(([name, value]) => pathsIn(name, value)).slice(0, MAX_PATHS),
    components: componentsIn(hints),
    texts: textsOf(element, attributes, html),
  };
}

const lastTag = (selector: string) => /(?:^|[\s>])([a-z][\w-]*)[^\s>]*$/i.exec(selector)?.[1] ?? '';

/** `name="value"` pairs as our own serialiser writes them. */
function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/([\w:@.-]{1,60})="([^"]{0,400})"/g)) found.set(name!.toLowerCase(), unescaped(value!));
  return found;
}

const unescaped = (text: string) =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** How telling an attribute is. What a person names a thing for tests is what they wrote once. */
const ATTRIBUTES: Readonly<Record<string, number>> = {
  'data-testid': 10,
  'data-test-id': 10,
  'data-test': 10,
  'data-cy': 10,
  'data-qa': 10,
  id: 8,
  'aria-label': 7,
  placeholder: 6,
  for: 5,
  name: 5,
  title: 5,
  alt: 5,
  action: 5,
  href: 4,
  src: 4,
  value: 3,
};

function textsOf(element: CapturedElement, attributes: ReadonlyMap<string, string>, html: string): readonly TextClue[] {
  const found = new Map<string, TextClue>();
  const add = (text: string, weight: number, what: string) => {
    const trimmed = text.trim();
    if (trimmed.length < 2 || trimmed.length > 120 || /[\n\r\0]/.test(trimmed) || /^\[[a-z ]+\]$/.test(trimmed)) return;
    const before = found.get(trimmed);
    if (before === undefined || before.weight < weight) found.set(trimmed, { text: trimmed, weight, what });
    const written = trimmed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    if (written !== trimmed) found.set(written, { text: written, weight, what });
  };
  for (const [name, value] of attributes) {
    const weight = ATTRIBUTES[name];
    if (weight === undefined) continue;
    add(value, weight, name.startsWith('data-') ? 'test id' : name);
    // `row-17` is written `row-${id}`.
    const stem = /^(.{3,}[-_:/])\d+$/.exec(value)?.[1];
    if (stem !== undefined) add(stem, weight / 2, name.startsWith('data-') ? 'test id' : name);
  }
  for (const each of (attributes.get('class') ?? '').split(/\s+/)) {
    const plain = /^_?([a-z][A-Za-z-]{3,40}?)_{1,2}[A-Za-z0-9+/-]{5,8}(?:_\d+)?$/.exec(each)?.[1] ?? each;
    if (isTelling(plain)) add(plain, 3, 'class');
  }
  for (const text of literals(element.text ?? '')) add(text.text, text.weight, 'text');
  if (element.name !== undefined && element.name !== element.text)
    for (const text of literals(element.name)) add(text.text, text.weight, 'name');
  for (const text of insideAttributes(html)) add(text, 4, 'an element inside');
  return [...found.values()].sort((a, b) => b.weight - a.weight || b.text.length - a.text.length).slice(0, MAX_TEXTS);
}

/** Classes of utility frameworks, which stand everywhere. */
const UTILITY = new RegExp(
  '^-?(?:[mpwhz]|[mp][trblxy]|min-[wh]|max-[wh]|gap|gap-[xy]|space-[xy]|text|font|bg|border|border-[trblxy]|rounded|flex|grid|grid-cols|grid-rows|items|justify|self|content|order|col|row|inset|top|left|right|bottom|opacity|shadow|ring|leading|tracking|overflow|overflow-[xy]|cursor|select|transition|duration|ease|animate|divide|object|align|whitespace|break|fill|stroke|scale|rotate|translate|outline|list|table|float|clear|aspect|columns|basis|grow|shrink)' +
    '-(?:\\d.*|px|full|auto|screen|none|xs|sm|md|lg|xl|base|col|row|wrap|nowrap|center|start|end|between|around|evenly|stretch|left|right|middle|top|bottom|baseline|bold|medium|semibold|light|normal|thin|mono|sans|serif|tight|wide|snug|relaxed|white|black|transparent|current|inherit|hidden|visible|scroll|pointer|default|cover|contain|colors|all|in|out|words|(?:gray|slate|zinc|neutral|stone|red|orange|amber|yellow|lime|green|emerald|teal|cyan|sky|blue|indigo|violet|purple|fuchsia|pink|rose|primary|secondary|muted|accent|foreground|background|destructive|card|popover)(?:-.*)?)$',
);
const WHOLE =
  /^(block|inline|inline-block|inline-flex|hidden|absolute|relative|fixed|sticky|flex|grid|table|border|rounded|shadow|underline|italic|uppercase|lowercase|capitalize|truncate|antialiased|container|group|peer|visible|invisible|static|isolate|transform|transition|outline|sr-only)$/;

/** Classes that a person made up for this one. */
function isTelling(name: string): boolean {
  if (name.length < 4 || /[:[\]/!.]/.test(name) || /\d{3,}|^(css|sc|jss|svelte|astro)-/.test(name)) return false;
  return !UTILITY.test(name) && !WHOLE.test(name);
}

/** Runs of a visible text that are written as they are: between the numbers and lines that a program puts in. */
function literals(text: string): readonly { text: string; weight: number }[] {
  const found: { text: string; weight: number }[] = [];
  for (const line of text.split('\n').slice(0, 8)) {
    const whole = line.replace(/\s+/g, ' ').trim();
    if (whole === '') continue;
    const isFirst = found.length === 0;
    if (whole.length <= 100) found.push({ text: whole, weight: textWeight(whole) * (isFirst ? 1 : 0.6) });
    if (whole.length <= 12 && !/\d/.test(whole)) continue;
    const parts = whole.split(/\[[a-z ]+\]|[\d.,:/%$€£]*\d[\d.,:/%$€£]*|…|[.!?] /).map((part) => part.trim());
    for (const part of parts) {
      if (part === whole || part.length < 4 || !/\p{L}{3}/u.test(part)) continue;
      const cut = part.length <= 60 ? part : part.slice(0, part.lastIndexOf(' ', 60) > 20 ? part.lastIndexOf(' ', 60) : 60);
      found.push({ text: cut, weight: textWeight(cut) * 0.7 });
    }
    // A program puts a name before it, or the source breaks the line somewhere.
    const words = whole.split(' ');
    const owned = /['’]s .{3,60}$/.exec(whole)?.[0];
    if (owned !== undefined) found.push({ text: owned, weight: textWeight(owned) * 0.6 });
    if (words.length > 5)
      for (const some of [words.slice(0, 4), words.slice(-4)])
        found.push({ text: some.join(' '), weight: textWeight(some.join(' ')) * 0.6 });
  }
  return found.slice(0, 14);
}

const textWeight = (text: string) => (text.length < 4 ? 1.5 : text.length < 12 ? 4 : 6);

/** Test ids and ids of what is inside: they stand in the same file more often than not. */
function insideAttributes(html: string): readonly string[] {
  const found: string[] = [];
  for (const [, value] of html
    .slice(html.indexOf('>') + 1)
    .matchAll(/ (?:data-test(?:-?id)?|data-cy|data-qa|id|aria-label)="([^"]{3,80})"/g)) {
    found.push(unescaped(value!));
    if (found.length === 6) break;
  }
  return found;
}

function componentsIn(hints: readonly (readonly [string, string])[]): readonly string[] {
  const names = hints
    .filter(([name]) => /components?$|^data-component|custom element|sentry-component/.test(name))
    .flatMap(([, value]) => value.split(/ < |[\s,]+/))
    .map((name) => name.replace(/^_+/, ''))
    .filter((name) => /^[A-Z][A-Za-z0-9]{2,60}$/.test(name) && !LIBRARY.test(name));
  return [...new Set(names)].slice(0, 6);
}

/** Of libraries: their own source is not in the repository. */
const LIBRARY =
  /^(App|Root|Fragment|Suspense|StrictMode|Router\w*|Browser\w+|Provider|Consumer|\w*Provider|\w*Boundary|Transition\w*|KeepAlive|Teleport|RouterView|RouterLink|Link|Outlet|Routes?|RenderedRoute|Layout\w*Router|HotReload|AppRouter|ServerRoot|InnerLayoutRouter|OuterLayoutRouter|LoadingBoundary|Styled\w*|Primitive\w*|Slot|ForwardRef|Memo|HTMLElement)$/;

/** Files that a hint names. Frames of stacks have the line of what the bundler made, unless it is said to be mapped. */
function pathsIn(name: string, value: string): readonly PathClue[] {
  if (/components?$|^custom element|^data-controller|^data-component(-name)?$|^data-sentry-component$/.test(name.replace(/^parent /, '')))
    return [];
  const isStack = name === 'react stack';
  const found: PathClue[] = [];
  for (const piece of value.split(isStack ? '\n' : ' < ').slice(0, 10)) {
    const clue = pathOf(isStack ? (/\(?([^()\s]+:\d+(?::\d+)?)\)?\s*$/.exec(piece.trim())?.[1] ?? '') : piece.trim());
    if (clue !== undefined) found.push({ ...clue, isMapped: !isStack, from: name });
  }
  return found;
}

function pathOf(text: string): Omit<PathClue, 'isMapped' | 'from'> | undefined {
  const match = /^(.{1,1000}?)(?::(\d{1,7}))?(?::\d{1,7})?$/.exec(text);
  if (match === null) return undefined;
  const bare = decoded(match[1]!)
    .replace(/^[a-z][a-z+.-]*:\/\/(?:\/?[^/]*(?=\/))?/i, '')
    .replace(/[?#].*$/, '')
    .replace(/^\(\w[\w-]*\)\//, '')
    .replaceAll('\\', '/');
  const segments = bare
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..' && segment !== '@fs' && segment !== '_N_E');
  const last = segments.at(-1);
  if (
    last === undefined ||
    !/\.[a-z]{1,8}$/i.test(last) ||
    segments.some((segment) => segment === 'node_modules' || segment === '.vite' || segment.startsWith('@vite'))
  )
    return undefined;
  return { segments, ...(match[2] === undefined ? {} : { line: Number(match[2]) }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
