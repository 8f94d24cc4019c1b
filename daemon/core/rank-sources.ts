import type { SourceCandidate } from '#shared/source.ts';
import type { Clues, TextClue } from './source-clues.ts';
import { fileWeight, isSharedPiece, isStringTable, type NamedFile, namedFiles } from './source-files.ts';

/** A line of a file that holds one of the texts that were looked for. */
export interface Hit {
  path: string;
  line: number;
  text: string;
}

/** What speaks for a file, before its text was read. */
export interface FileCase {
  path: string;
  score: number;
  named: NamedFile | undefined;
  spots: readonly Spot[];
}

/** A line that something speaks for. `isSure`: an attribute that a person gave this element stands there and nowhere else. */
interface Spot {
  line: number;
  score: number;
  whats: ReadonlySet<string>;
  isSure: boolean;
}

const MAX_FILES = 8;
const MAX_CANDIDATES = 5;
/** Lines around one that belong to the same piece of a page. */
const NEAR = 8;
const LIKELY = 7;
const LEAST = 2.2;
/** Enough to doubt a hint whose own line shows nothing of the element. */
const SOLID = 3;
/** A text that stands in more files than this says nothing. */
const COMMON = 40;

/** The files worth reading, best first. */
export function shortlist(clues: Clues, files: readonly string[], hits: readonly Hit[]): readonly FileCase[] {
  const named = new Map<string, NamedFile & { weight: number }>();
  for (const [at, each] of namedFiles(clues.paths, files).entries()) {
    const weight = hintWeight(each, at) * each.fit * (isSharedPiece(each.path) ? 0.5 : 1);
    const before = named.get(each.path);
    if (before === undefined || before.weight < weight) named.set(each.path, { ...each, weight });
  }
  const spots = spotsOf(clues, hits);
  const paths = new Set([...named.keys(), ...spots.keys(), ...componentFiles(clues.components, files)]);
  const cases = [...paths].map((path): FileCase => {
    const own = spots.get(path) ?? [];
    const found = named.get(path);
    const weight = fileWeight(path);
    const score = (found?.weight ?? 0) + weight * (Math.max(0, ...own.map((spot) => spot.score)) + componentScore(clues.components, path));
    return { path, score, named: found, spots: own };
  });
  return cases
    .filter(({ score }) => score >= LEAST)
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
    .slice(0, MAX_FILES);
}

function hintWeight({ clue }: NamedFile, at: number): number {
  const later = Math.max(0.3, 1 - at * 0.15);
  if (clue.from.startsWith('parent ') || clue.from === 'vue files' || clue.from === 'react sources') return 9 * later;
  if (!clue.isMapped) return 14 * later;
  return clue.line === undefined ? 16 : 30;
}

const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const stemOf = (path: string) =>
  bare(
    path
      .slice(path.lastIndexOf('/') + 1)
      .replace(/\.\w+$/, '')
      .replace(/\.(component|view|page)$/, ''),
  );

function componentFiles(components: readonly string[], files: readonly string[]): readonly string[] {
  if (components.length === 0) return [];
  const wanted = new Set(components.map(bare));
  return files.filter((path) => fileWeight(path) >= 0.5 && wanted.has(stemOf(path))).slice(0, 20);
}

function componentScore(components: readonly string[], path: string): number {
  const at = components.findIndex((name) => bare(name) === stemOf(path));
  return at === -1 ? 0 : 8 / (at + 1);
}

function spotsOf(clues: Clues, hits: readonly Hit[]): ReadonlyMap<string, readonly Spot[]> {
  const rarity = rarityOf(clues.texts, hits);
  const lines = new Map<string, { line: number; told: { clue: TextClue; weight: number; isNamed: boolean }[] }[]>();
  for (const hit of hits) {
    const told = clues.texts.flatMap((clue) => {
      const weight = (rarity.get(clue.text) ?? 0) * tellingWeight(clue, hit.text);
      return weight > 0 ? [{ clue, weight, isNamed: namesAttribute(clue, hit.text) }] : [];
    });
    if (told.length === 0) continue;
    const own = lines.get(hit.path);
    if (own) own.push({ line: hit.line, told });
    else lines.set(hit.path, [{ line: hit.line, told }]);
  }
  const spots = new Map<string, readonly Spot[]>();
  for (const [path, own] of lines) {
    spots.set(
      path,
      own.map(({ line, told }): Spot => {
        const best = new Map<string, number>();
        for (const other of own) {
          const far = Math.abs(other.line - line);
          if (far > NEAR) continue;
          for (const { clue, weight, isNamed } of other.told) {
            const score = weight * (isNamed ? 1.3 : 1) * (far === 0 ? 1 : 0.5);
            best.set(clue.text, Math.max(best.get(clue.text) ?? 0, score));
          }
        }
        return {
          line,
          score: [...best.values()].reduce((sum, score) => sum + score, 0),
          whats: new Set(told.map(({ clue }) => clue.what)),
          isSure: told.some(({ clue, isNamed }) => isNamed && clue.weight >= 8 && isAlone(clue, hits)),
        };
      }),
    );
  }
  return spots;
}

/** The fewer files hold a text, the more it says; tests and style sheets that repeat it do not count. */
function rarityOf(texts: readonly TextClue[], hits: readonly Hit[]): ReadonlyMap<string, number> {
  const rarity = new Map<string, number>();
  for (const { text } of texts) {
    const holders = new Set(hits.filter((hit) => fileWeight(hit.path) > 0.2 && hit.text.includes(text)).map(({ path }) => path));
    rarity.set(text, holders.size > COMMON ? 0 : 1 / Math.max(1, holders.size) ** 0.6);
  }
  return rarity;
}

function isAlone({ text }: TextClue, hits: readonly Hit[]): boolean {
  const lines = hits.filter((hit) => fileWeight(hit.path) > 0.2 && isWord(hit.text, text));
  return lines.length === 1;
}

function tellingWeight(clue: TextClue, line: string): number {
  if (!line.includes(clue.text)) return 0;
  return clue.weight * (isWord(line, clue.text) ? 1 : clue.text.length >= 12 ? 0.6 : 0.15);
}

/** Stands there as a whole: between quotes, tags, spaces, and not as a part of a longer word. */
function isWord(line: string, text: string): boolean {
  for (let at = line.indexOf(text); at !== -1; at = line.indexOf(text, at + 1)) {
    const [before, after] = [line[at - 1] ?? ' ', line[at + text.length] ?? ' '];
    const isPrefix = /[-_:/]$/.test(text);
    if (!/[A-Za-z0-9_]/.test(before) && (isPrefix || !/[A-Za-z0-9_]/.test(after))) return true;
  }
  return false;
}

function namesAttribute({ what }: TextClue, line: string): boolean {
  if (what === 'test id') return /data-?test|testid|data-cy|data-qa/i.test(line);
  if (what === 'id') return /\bid\s*[=:]/i.test(line);
  return /^[a-z-]+$/.test(what) && what !== 'text' && line.includes(what);
}

/** Keys under which string tables hold the words of an element: whoever uses the key writes the element. */
export function keysIn(clues: Clues, hits: readonly Hit[]): readonly TextClue[] {
  const keys = new Map<string, TextClue>();
  for (const { path, text } of hits) {
    if (!isStringTable(path)) continue;
    const match = /^\s*(?:msgid\s+)?["']?([\w.-]{2,80})["']?\s*(?:=>|[:=])\s*["'`]?(.*)$/.exec(text);
    const key = match?.[1]?.split('.').at(-1);
    if (key === undefined) continue;
    const told = clues.texts.find(
      (clue) =>
        (clue.what === 'text' || clue.what === 'name' || clue.what === 'aria-label' || clue.what === 'placeholder') &&
        isWord(match![2]!, clue.text),
    );
    if (told !== undefined) keys.set(key, { text: key, weight: Math.min(7, told.weight + 1), what: 'string key' });
  }
  return [...keys.values()].slice(0, 8);
}

/** Where the element is, likeliest first; empty when nothing speaks clearly enough for any place. `read` has the lines of the files that could be read. */
export function settleSources(
  clues: Clues,
  cases: readonly FileCase[],
  read: ReadonlyMap<string, readonly string[]>,
): readonly SourceCandidate[] {
  const isElsewhere = (path: string) => cases.some((other) => other.path !== path && other.spots.some(({ score }) => score >= SOLID));
  const settled = cases.map((each) => settle(clues, each, read.get(each.path), isElsewhere(each.path)));
  const ranked = settled.filter(({ score }) => score >= LEAST).sort((a, b) => b.score - a.score || (a.file < b.file ? -1 : 1));
  const second = ranked[1]?.score ?? 0;
  return ranked.slice(0, MAX_CANDIDATES).map(({ score, isExact, isNamed, ...candidate }, at) => {
    const isClear = at === 0 && score >= LIKELY && score >= 1.4 * second;
    const confidence = isExact ? 'exact' : isClear || (isNamed && at < 2) ? 'likely' : 'guess';
    return { ...candidate, confidence };
  });
}

interface Settled extends Omit<SourceCandidate, 'confidence'> {
  score: number;
  isExact: boolean;
  isNamed: boolean;
}

function settle(
  clues: Clues,
  { path, score, named, spots }: FileCase,
  lines: readonly string[] | undefined,
  isElsewhere: boolean,
): Settled {
  const best = [...spots].sort((a, b) => b.score - a.score || a.line - b.line)[0];
  const hinted =
    named?.clue.isMapped === true && named.clue.line !== undefined && (lines === undefined || named.clue.line <= lines.length)
      ? named.clue.line
      : undefined;
  const isNamed = named !== undefined && named.fit >= 0.7;
  const base = { file: path, isNamed };
  if (hinted !== undefined) {
    // The page may say anything: its line counts when the code there agrees.
    const agrees = (best !== undefined && Math.abs(best.line - hinted) <= NEAR) || (lines !== undefined && opens(clues.tag, lines, hinted));
    if (agrees) return { ...base, score, line: hinted, isExact: isNamed, why: `the page’s framework names it (${named!.clue.from})` };
    if (best === undefined || best.score < LIKELY)
      return {
        ...base,
        score: score * (isElsewhere ? 0.1 : 0.6),
        line: hinted,
        isExact: false,
        why: `the page’s framework names it (${named!.clue.from}); the line itself does not show it`,
      };
  }
  const line = best === undefined ? onlyOpening(clues.tag, lines) : openingAbove(clues, lines, best.line);
  const whats = [...(best?.whats ?? [])];
  const why = [
    named === undefined ? '' : `the page’s framework names the file (${named.clue.from})`,
    whats.length === 0 ? '' : `it holds the element’s ${whats.slice(0, 3).join(', ')}`,
  ].filter((text) => text !== '');
  return {
    ...base,
    score: named !== undefined && hinted === undefined && named.clue.isMapped && named.clue.line !== undefined ? score * 0.6 : score,
    ...(line === undefined ? {} : { line }),
    isExact: best?.isSure === true && fileWeight(path) >= 0.5,
    why: why.join('; ') || 'it is named like the component',
  };
}

const openingOf = (tag: string) => new RegExp(`<(?:[\\w]+[.:])?${tag.replace(/[^\w-]/g, '')}(?![\\w-])`, 'i');

function opens(tag: string, lines: readonly string[], line: number): boolean {
  if (tag === '') return false;
  const shape = openingOf(tag);
  return lines.slice(Math.max(0, line - 2), line + 1).some((text) => shape.test(text));
}

/** The line where the tag around a spot opens, when it is near; else the spot. */
function openingAbove({ tag }: Clues, lines: readonly string[] | undefined, line: number): number {
  if (lines === undefined || tag === '') return line;
  const shape = openingOf(tag);
  for (let at = line; at > Math.max(0, line - 12); at--) {
    const text = lines[at - 1] ?? '';
    if (shape.test(text)) return at;
    if (at < line && /<\/\w|^\s*(return|export|function|const|class)\b/.test(text)) break;
  }
  return line;
}

function onlyOpening(tag: string, lines: readonly string[] | undefined): number | undefined {
  if (lines === undefined || tag === '') return undefined;
  const shape = openingOf(tag);
  const found = lines.flatMap((text, at) => (shape.test(text) ? [at + 1] : []));
  return found.length === 1 ? found[0] : undefined;
}
