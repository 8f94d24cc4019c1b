/** What a repository holds: its files, and the text of one where it is worth reading. Everything `init` guesses from. */
export interface Contents {
  /** Paths of files, from the root, sorted. */
  readonly files: readonly string[];
  /** Text of a file; undefined when there is none, or it is no text, or it is very long. */
  read(path: string): string | undefined;
}

/** A folder of the contents as if it were the root. */
export function within(contents: Contents, folder: string): Contents {
  if (folder === '.') return contents;
  const prefix = `${folder}/`;
  return {
    files: contents.files.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)),
    read: (path) => contents.read(prefix + path),
  };
}

/** A program in `bin/` often has no ending: `bin/www`. */
const SOURCE = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|py|rb)$|(?:^|\/)bin\/[\w-]+$/;
const NOT_THE_APP =
  /(?:^|\/)(?:node_modules|dist|build|out|coverage|vendor|public|static|tests?|__tests__|e2e|cypress|spec|stories|docs?|examples?|fixtures)\/|\.(?:test|spec|stories|d)\.[cm]?[jt]sx?$|(?:^|\/)test_[^/]*\.py$/;
/** More sources than this are not read: a guess is not worth minutes. */
const MOST = 600;

/** Sources of the app itself, those near the root first. */
export function sourcesOf(contents: Contents): readonly string[] {
  return contents.files
    .filter((path) => SOURCE.test(path) && !NOT_THE_APP.test(path))
    .sort((a, b) => a.split('/').length - b.split('/').length)
    .slice(0, MOST);
}

/** The first source that matches, and what matched. */
export function findInSources(contents: Contents, pattern: RegExp): { path: string; match: RegExpExecArray } | undefined {
  for (const path of sourcesOf(contents)) {
    const match = pattern.exec(contents.read(path) ?? '');
    if (match !== null) return { path, match };
  }
  return undefined;
}
