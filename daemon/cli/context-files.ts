import { type Dirent, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, posix, relative, sep } from 'node:path';
import { globMatchesExactly } from '../core/glob.ts';
import { UsageError } from './outcome.ts';

export interface ContextFile {
  /** From the base folder. */
  path: string;
  bytes: Buffer;
}

const MOST_FILES = 200;
const MOST_BYTES = 2_000_000;
const LARGEST = 500_000;
/** Never shown to an agent this way, whatever a glob says. */
const LEFT_OUT = ['.git', 'node_modules', 'dist', 'build', '.codex', '.env*'];

/**
 * The files that globs choose below a folder, in the order of their paths. `!glob` takes away what the ones before it chose.
 * Nothing outside the folder is ever taken, also not through a symbolic link. Throws UsageError for a glob that finds nothing and for too much.
 */
export function chosenFiles(base: string, globs: readonly string[]): { files: readonly ContextFile[]; warnings: readonly string[] } {
  if (!statSync(base, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`${base} is no folder.`);
  const found = filesBelow(realpathSync(base));
  const chosen = new Set<string>();
  for (const glob of globs) {
    const takesAway = glob.startsWith('!');
    const plain = normalised(takesAway ? glob.slice(1) : glob);
    const matching = found.filter((path) => globMatchesExactly(plain, path) || path.startsWith(`${plain}/`) || plain === '.');
    if (matching.length === 0 && !takesAway)
      throw new UsageError(`"${glob}" is no file in ${base}.${isLeftOut(plain) ? ' It is one of those that are never sent.' : ''}`);
    for (const path of matching) {
      if (takesAway) chosen.delete(path);
      else chosen.add(path);
    }
  }
  return read(realpathSync(base), [...chosen].sort());
}

function normalised(glob: string): string {
  const plain = posix.normalize(glob).replace(/\/$/, '');
  if (isAbsolute(plain) || plain === '..' || plain.startsWith('../'))
    throw new UsageError(`"${glob}" is outside the folder that files are taken from. Choose another one with --dir.`);
  return plain;
}

const isLeftOut = (path: string): boolean => path.split('/').some((part) => LEFT_OUT.some((glob) => globMatchesExactly(glob, part)));

/** Every file below a folder but those that are left out; a link to a folder is not followed. */
function filesBelow(base: string): string[] {
  const found: string[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(base, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (isLeftOut(entry.name)) continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() || isLinkToFile(base, path, entry)) found.push(path);
    }
  };
  visit('');
  return found;
}

function isLinkToFile(base: string, path: string, entry: Dirent): boolean {
  return entry.isSymbolicLink() && statSync(join(base, path), { throwIfNoEntry: false })?.isFile() === true;
}

function read(base: string, paths: readonly string[]): { files: readonly ContextFile[]; warnings: readonly string[] } {
  const files: ContextFile[] = [];
  const warnings: string[] = [];
  for (const path of paths) {
    const real = realpathSync(join(base, path));
    const inside = relative(base, real);
    const size = lstatSync(real).size;
    if (inside.startsWith(`..${sep}`) || isAbsolute(inside)) warnings.push(`Left out ${path}: it is a link to a file outside ${base}.`);
    else if (isLeftOut(inside)) warnings.push(`Left out ${path}: it is a link to ${inside}, which is never sent.`);
    else if (size > LARGEST) warnings.push(`Left out ${path}: it is larger than ${LARGEST / 1000} kB.`);
    else {
      const bytes = readFileSync(real);
      if (isText(bytes)) files.push({ path, bytes });
      else warnings.push(`Left out ${path}: it is not text.`);
    }
    refuseTooMuch(files);
  }
  return { files, warnings };
}

function refuseTooMuch(files: readonly ContextFile[]): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  if (files.length <= MOST_FILES && bytes <= MOST_BYTES) return;
  const listed = [...files]
    .sort((a, b) => b.bytes.length - a.bytes.length)
    .slice(0, 20)
    .map(({ path, bytes: { length } }) => `  ${String(length).padStart(8)}  ${path}`);
  throw new UsageError(
    `That is more than ${MOST_FILES} files or ${MOST_BYTES / 1_000_000} MB. The largest of the first ${files.length}:\n${listed.join('\n')}\nChoose fewer, or take some away: --file '!GLOB'.`,
  );
}

function isText(bytes: Buffer): boolean {
  if (bytes.subarray(0, 8_000).includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
