import type { Diff, FileDiff } from '#shared/review.ts';
import type { Terminal } from './terminal.ts';

/** The files of a diff with how many lines. */
export function statText({ files }: Diff): string {
  const width = Math.max(0, ...files.map(({ path }) => path.length));
  const lines = files.map(
    (file) =>
      `  ${LETTERS[file.status]}  ${file.path.padEnd(width)}  ${countOf(file)}${file.oldPath === undefined ? '' : `  from ${file.oldPath}`}`,
  );
  const sum = (key: 'additions' | 'deletions') => files.reduce((total, file) => total + file[key], 0);
  const many = files.length === 1 ? '1 file' : `${files.length} files`;
  return `${[...lines, `  ${many} changed, +${sum('additions')} −${sum('deletions')}`].join('\n')}\n`;
}

const LETTERS = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R', mode_changed: 'T' } as const;
const countOf = ({ binary, additions, deletions }: FileDiff): string => (binary ? 'not text' : `+${additions} −${deletions}`);

/** The whole diff in the form of git. */
export function diffText({ files }: Diff, paint: Terminal['paint']): string {
  if (files.length === 0) return 'Nothing was changed.\n';
  return files.map((file) => fileText(file, paint)).join('');
}

function fileText(file: FileDiff, paint: Terminal['paint']): string {
  const { path, oldPath = path, status, oldMode, newMode, binary, patch, truncated } = file;
  const from = status === 'added' ? '/dev/null' : `a/${oldPath}`;
  const to = status === 'deleted' ? '/dev/null' : `b/${path}`;
  const head = [
    `diff --git a/${oldPath} b/${path}`,
    ...(status === 'added' ? [`new file mode ${newMode ?? '100644'}`] : []),
    ...(status === 'deleted' ? [`deleted file mode ${oldMode ?? '100644'}`] : []),
    ...(status !== 'added' && status !== 'deleted' && oldMode !== newMode
      ? [`old mode ${oldMode ?? '100644'}`, `new mode ${newMode ?? '100644'}`]
      : []),
    ...(oldPath === path ? [] : [`rename from ${oldPath}`, `rename to ${path}`]),
    ...(binary ? [`Binary files ${from} and ${to} differ`] : []),
    ...(patch === undefined ? [] : [`--- ${from}`, `+++ ${to}`]),
  ].map((line) => paint('bold', line));
  const body = (patch ?? '')
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => paintLine(line, paint));
  const rest = truncated === true ? [paint('yellow', 'The rest of this file is not shown: it is too long.')] : [];
  return `${[...head, ...(patch === undefined ? [] : body), ...rest].join('\n')}\n`;
}

function paintLine(line: string, paint: Terminal['paint']): string {
  if (line.startsWith('@@')) return paint('cyan', line);
  return line.startsWith('+') ? paint('green', line) : line.startsWith('-') ? paint('red', line) : line;
}
