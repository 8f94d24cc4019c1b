import type { PathClue } from './source-clues.ts';

/** A file that a hint names, and how well the names agree. */
export interface NamedFile {
  path: string;
  clue: PathClue;
  /** 1: the whole path; less when only its end agrees or when others agree as well. */
  fit: number;
}

/** Finds the files of a commit that hints name. Only files of the commit can be found: no hint leads outside of it. */
export function namedFiles(clues: readonly PathClue[], files: readonly string[]): readonly NamedFile[] {
  if (clues.length === 0) return [];
  const byName = new Map<string, string[]>();
  const wanted = new Set(clues.map(({ segments }) => segments.at(-1)!));
  for (const path of files) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (!wanted.has(name)) continue;
    const others = byName.get(name);
    if (others) others.push(path);
    else byName.set(name, [path]);
  }
  const found: NamedFile[] = [];
  for (const clue of clues) {
    const agreeing = (byName.get(clue.segments.at(-1)!) ?? []).map((path) => ({ path, agree: agreement(clue.segments, path.split('/')) }));
    const best = Math.max(0, ...agreeing.map(({ agree }) => agree.segments));
    const first = agreeing.filter(({ agree }) => agree.segments === best);
    for (const { path, agree } of first.slice(0, 4)) {
      const one = agree.isWhole && best > 1 ? 1 : best > 1 ? 0.8 : agree.isWhole && first.length === 1 ? 0.7 : 0.5;
      found.push({ path, clue, fit: one / first.length });
    }
  }
  return found;
}

/** How many segments agree from the end, and whether one of the two ends with the whole other. */
function agreement(hint: readonly string[], file: readonly string[]): { segments: number; isWhole: boolean } {
  const shorter = Math.min(hint.length, file.length);
  let segments = 0;
  while (segments < shorter && hint[hint.length - 1 - segments] === file[file.length - 1 - segments]) segments++;
  return { segments, isWhole: segments === shorter };
}

const PAGES =
  /\.(tsx|jsx|vue|svelte|astro|html?|ejs|hbs|handlebars|mustache|erb|haml|slim|php|twig|njk|liquid|pug|mdx|jinja2?|j2|tmpl|gohtml|cshtml|razor|heex|eex|leaf|templ|marko|riot)$/i;
const CODE = /\.(ts|mts|js|mjs|cjs|py|rb|go|rs|java|kt|cs|ex|exs|elm|cljs?|dart|scala)$/i;
const TABLES =
  /(^|\/)(locales?|i18n|lang(uages?)?|messages|translations?|strings|l10n|intl)(\/|\.|-|_)[^/]*|\.(po|arb|resx|xliff|xlf|properties|ftl)$/i;

/** How likely an element of a page is written in such a file. */
export function fileWeight(path: string): number {
  if (
    /(^|\/)(__tests__|__mocks__|tests?|e2e|spec|cypress|playwright|stories|fixtures?|mocks?)\/|\.(test|spec|stories|story|cy)\.\w+$|_test\.\w+$/i.test(
      path,
    )
  )
    return 0.15;
  if (isStringTable(path)) return 0.3;
  if (PAGES.test(path)) return 1;
  if (CODE.test(path)) return 0.75;
  if (/\.(md|markdown|rst|adoc)$|(^|\/)(readme|changelog|license)[^/]*$/i.test(path))
    return /(^|\/)(content|pages|posts|blog|docs|_posts)\//i.test(path) ? 0.5 : 0.15;
  if (/\.(css|scss|sass|less|styl)$/i.test(path)) return 0.15;
  return /\.(json|ya?ml|toml|txt|csv)$/i.test(path) ? 0.4 : 0.3;
}

/** A file that holds words by key, so that another file uses the key. */
export const isStringTable = (path: string): boolean =>
  TABLES.test(path) && /\.(json|ya?ml|po|arb|resx|xliff|xlf|properties|ftl|ts|js|mjs|php|rb|toml)$/i.test(path);

/** Pieces that are used in many places: their user is what a person means more often. */
export const isSharedPiece = (path: string): boolean =>
  /(^|\/)(components\/(ui|base|common|shared|atoms|primitives)|packages\/(ui|design-system|components)|ui|design-system|primitives)\//i.test(
    path,
  );
