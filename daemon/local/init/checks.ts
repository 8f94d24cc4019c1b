import type { AppView } from './app-view.ts';

/** A check that a script gives, and where it was seen. */
export interface FoundCheck {
  name: string;
  command: string;
  from: string;
}

/** Scripts that are checks, by the name a check gets; the first that is there is taken. */
// biome-ignore format: a table is read by column
const KINDS = [
  { name: 'lint',      scripts: ['lint', 'lint:check', 'lint:ci', 'eslint', 'check:lint'] },
  { name: 'format',    scripts: ['format:check', 'format-check', 'check:format', 'prettier:check', 'fmt:check', 'check-format', 'format'] },
  { name: 'typecheck', scripts: ['typecheck', 'type-check', 'check:types', 'check-types', 'types:check', 'types', 'tsc', 'check'] },
  { name: 'test',      scripts: ['test:unit', 'test:ci', 'unit', 'test'] },
] as const;

/** What speaks against taking a script as a check, and why. */
// biome-ignore format: a table is read by column
const AGAINST = [
  { pattern: /no test specified/,                                                       why: "is npm's placeholder" },
  { pattern: /--fix\b|--write\b|(?:^|\s)-w(?:\s|$)|\bbiome\s+format\b(?!.*--check)/,    why: 'changes files; a check only looks' },
  { pattern: /--watch(?!=?\s*false|All=false)\b|\bwatch\b/,                             why: 'watches the files and never ends' },
  { pattern: /\b(?:cypress|playwright|puppeteer|webdriver|wdio|nightwatch|testcafe)\b/, why: 'wants a browser; checks run without one' },
  { pattern: /\bdocker(?:-compose)?\b/,                                                 why: 'wants Docker' },
  { pattern: /\bnext\s+lint\b/,                                                         why: 'next lint is gone from Next.js 16, and asks questions before' },
] as const;

/** Checks from the scripts of package.json, and those scripts that look like one and were left out. */
export function findChecks(app: AppView): { checks: readonly FoundCheck[]; leftOut: readonly string[] } {
  const checks: FoundCheck[] = [];
  const leftOut: string[] = [];
  for (const { name, scripts } of KINDS) {
    for (const script of scripts) {
      const text = app.script(script);
      if (text === undefined) continue;
      const against = judge(name, text);
      if (against !== undefined) {
        if (against !== '') leftOut.push(`scripts.${script} ${against}`);
        continue;
      }
      checks.push({ name, command: app.run(script), from: `package.json scripts.${script}` });
      break;
    }
  }
  return { checks, leftOut };
}

/** Why a script is no check; an empty text when that needs no words. */
function judge(name: string, text: string): string | undefined {
  const against = AGAINST.find(({ pattern, why }) => pattern.test(text) && !(why.startsWith('next lint') && /eslint|biome/.test(text)));
  if (against !== undefined) return against.why;
  // `format` and `check` mean one thing here and another there.
  if (name === 'format' && !/--check|--list-different|(?:^|\s)-[lc](?:\s|$)|\bcheck\b/.test(text)) return '';
  if (
    name === 'typecheck' &&
    !/\b(?:tsc|vue-tsc|tsgo|svelte-check|astro\s+check|flow|react-router\s+typegen|nuxi?\s+typecheck)\b/.test(text)
  )
    return '';
  return undefined;
}
