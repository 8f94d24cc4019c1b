import type { Clues, TextClue } from './source-clues.ts';
import { fileWeight, isStringTable } from './source-files.ts';

/** A line of a file that holds one of the texts that were looked for. */
export interface Hit {
  path: string;
  line: number;
  text: string;
}

/** A line that something speaks for. `isSure`: an attribute that a person gave this element stands there and nowhere else. */
export interface Spot {
  line: number;
  score: number;
  whats: ReadonlySet<string>;
  isSure: boolean;
}

/** Lines around one that belong to the same piece of a page. */
export const NEAR = 8;
/** A text that stands in more files than this says nothing. */
const COMMON = 40;

/** The lines that speak for an element, by file: each with what stands near it. */
export function spotsOf(clues: Clues, hits: readonly Hit[]): ReadonlyMap<string, readonly Spot[]> {
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
