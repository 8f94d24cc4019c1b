import type { Sources } from '#shared/source.ts';
import { type FileCase, type Hit, keysIn, settleSources, shortlist } from '../../core/rank-sources.ts';
import { cluesOf } from '../../core/source-clues.ts';
import { isStringTable } from '../../core/source-files.ts';
import type { Clock, Repository, SourceFinder } from '../../ports.ts';

export interface SourceFinderOptions {
  repository: Pick<Repository, 'listFiles' | 'findText' | 'readFile'>;
  clock: Pick<Clock, 'elapsed'>;
}

const MAX_MS = 5_000;
const MAX_FILES = 200_000;
const MAX_TEXTS = 200;
const MAX_HIT_BYTES = 4_000_000;
const MAX_READ = 32;
const MAX_FILE_LENGTH = 400_000;

/** Looks for elements in the object store: no file of a worktree is opened, so no link and no path of a hint leads anywhere else. */
export function openSourceFinder({ repository, clock }: SourceFinderOptions): SourceFinder {
  return {
    async find({ commit, elements, signal }): Promise<Sources> {
      const until = clock.elapsed() + MAX_MS;
      let cut: string | undefined;
      const search = async (texts: readonly string[]): Promise<readonly Hit[]> => {
        const timeoutMs = until - clock.elapsed();
        if (texts.length === 0 || timeoutMs <= 0) return [];
        const { hits, isWhole } = await repository.findText({ commit, texts, maxBytes: MAX_HIT_BYTES, timeoutMs, signal });
        if (!isWhole) cut = 'The repository is too large to be searched whole.';
        return hits;
      };

      const all = await repository.listFiles(commit);
      const files = all.slice(0, MAX_FILES);
      const clues = elements.map(cluesOf);
      const wanted = [...new Set(clues.flatMap(({ texts, components }) => [...texts.map(({ text }) => text), ...components]))].slice(
        0,
        MAX_TEXTS,
      );
      const hits = await search(wanted);
      const keys = clues.map((each) => (hits.some(({ path }) => isStringTable(path)) ? keysIn(each, hits) : []));
      const used = (await search([...new Set(keys.flatMap((each) => each.map(({ text }) => text)))].slice(0, MAX_TEXTS))).filter(
        ({ path }) => !isStringTable(path),
      );

      const read = new Map<string, readonly string[]>();
      const readAll = async (cases: readonly FileCase[]) => {
        for (const { path } of cases) {
          if (read.has(path) || read.size >= MAX_READ || clock.elapsed() > until) continue;
          const text = await repository.readFile(commit, path);
          if (text !== undefined && text.length <= MAX_FILE_LENGTH) read.set(path, text.split('\n'));
        }
      };

      const found: Sources['elements'] = [];
      for (const [at, own] of clues.entries()) {
        const components = own.components.map((text) => ({ text, weight: 2, what: 'component' }));
        const told = { ...own, texts: [...own.texts, ...components, ...keys[at]!] };
        const cases = shortlist(told, files, [
          ...hits,
          ...used.filter((hit) =>
            isKeyUse(
              hit,
              keys[at]!.map(({ text }) => text),
            ),
          ),
        ]);
        await readAll(cases);
        found.push({ candidates: [...settleSources(told, cases, read)] });
      }
      if (all.length > MAX_FILES) cut = 'The repository has more files than are looked through.';
      return { commit, elements: found, ...(cut === undefined ? {} : { cut }) };
    },
  };
}

/** `t('cart.save')`, `$t("save")`, `strings.save`, and not any word that happens to be the same. */
function isKeyUse({ text }: Hit, keys: readonly string[]): boolean {
  return keys.some((key) => new RegExp(`["'\`.:]${key.replace(/[^\w]/g, '\\$&')}(?:["'\`]|\\b(?![\\w-]))`).test(text));
}
