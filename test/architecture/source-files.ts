import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The checkout these tests stand in. */
export const ROOT = join(import.meta.dirname, '..', '..');

const SKIPPED = /(^|\/)(node_modules|dist|\.git|\.wxt|fixtures|test-results)(\/|$)/;

/** A file of ours, path relative to the checkout. */
export interface SourceFile {
  path: string;
  text: string;
}

/** Files below the folders whose names match, sorted by path. */
export function sourceFiles(folders: readonly string[], pattern: RegExp): readonly SourceFile[] {
  return folders
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .filter((path) => pattern.test(path) && !SKIPPED.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}
