import type { Contents } from '../../daemon/local/init/contents.ts';

/** What a repository holds, as a value: text by path; an object is a package.json or another JSON file. */
export function holding(files: Readonly<Record<string, string | object>>): Contents {
  const texts = new Map(Object.entries(files).map(([path, text]) => [path, typeof text === 'string' ? text : JSON.stringify(text)]));
  return { files: [...texts.keys()].sort(), read: (path) => texts.get(path) };
}

/** A package.json with these packages and scripts. */
export function manifest(dependencies: readonly string[], scripts: Readonly<Record<string, string>> = {}, more: object = {}): object {
  return { name: 'app', scripts, dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])), ...more };
}
