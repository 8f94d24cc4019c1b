import type { Repository } from '../../ports.ts';
import { type Git, GitTrouble } from './git.ts';

/** Never a source that a person writes: made, fetched, or too long to be read. */
const LEFT_OUT = [
  '**/node_modules/**',
  '**/vendor/**',
  '**/dist/**',
  '**/build/**',
  '**/.next/**',
  '**/*.min.*',
  '**/*.map',
  '**/*.lock',
  '**/package-lock.json',
  '**/pnpm-lock.yaml',
  '**/*.svg',
  '**/*.snap',
];
const MAX_PER_FILE = 60;
const MAX_LINE = 1_000;

/** Looks for fixed texts in the files of a commit, in the object store alone: nothing is checked out and no link is followed. */
export function createTextSearch(git: Git): Pick<Repository, 'findText'> {
  return {
    async findText({ commit, texts, maxBytes, timeoutMs, signal }) {
      const wanted = texts.filter((text) => text !== '' && !/[\n\r\0]/.test(text));
      if (wanted.length === 0) return { hits: [], isWhole: true };
      let output = '';
      const decoder = new TextDecoder();
      let isWhole = true;
      const full = new AbortController();
      try {
        const result = await git({
          args: [
            'grep',
            '--no-color',
            '--no-textconv',
            '--full-name',
            '-nIFz',
            `--max-count=${MAX_PER_FILE}`,
            ...wanted.flatMap((text) => ['-e', text]),
            commit,
            '--',
            '.',
            ...LEFT_OUT.map((pattern) => `:(exclude,glob)${pattern}`),
          ],
          env: { GIT_LITERAL_PATHSPECS: '0' },
          timeoutMs,
          signal: AbortSignal.any([signal, full.signal]),
          onStdout(chunk) {
            if (output.length >= maxBytes) full.abort();
            else output += decoder.decode(chunk, { stream: true });
          },
        });
        if (result.code > 1) throw new GitTrouble(`git grep ended with ${result.code}: ${result.stderr}`);
      } catch (error) {
        if (signal.aborted || !(full.signal.aborted || error instanceof GitTrouble)) throw error;
        isWhole = false;
      }
      return { hits: hitsIn(output, commit), isWhole };
    },
  };
}

/** `<commit>:<path>NUL<line>NUL<text>` a line. The last one may have been cut off. */
function hitsIn(output: string, commit: string): { path: string; line: number; text: string }[] {
  const hits: { path: string; line: number; text: string }[] = [];
  for (const row of output.split('\n').slice(0, -1)) {
    const [where, line, ...text] = row.split('\0');
    if (where === undefined || !where.startsWith(`${commit}:`) || !/^\d+$/.test(line ?? '')) continue;
    hits.push({ path: where.slice(commit.length + 1), line: Number(line), text: text.join('\0').slice(0, MAX_LINE) });
  }
  return hits;
}
