import { useEffect, useRef, useState } from 'preact/hooks';
import type { FileDiff } from '#shared/review.ts';
import type { Run } from '#shared/run.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { useShortcuts } from '../keyboard.ts';
import { useDoor } from '../session-context.ts';
import { Counts } from './counts.tsx';
import { DiffFile } from './diff-file.tsx';

const STATUS_LETTER: Record<FileDiff['status'], string> = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R', mode_changed: 'X' };
const STATUS_WORDS: Record<FileDiff['status'], string> = {
  added: 'added',
  modified: 'modified',
  deleted: 'deleted',
  renamed: 'renamed',
  mode_changed: 'mode changed',
};

function FileList({ files, current, onPick }: { files: readonly FileDiff[]; current: number; onPick: (index: number) => void }) {
  const [filter, setFilter] = useState('');
  return (
    <nav class="files" aria-label="Changed files">
      {files.length > 8 && (
        <input
          type="search"
          placeholder="Filter files"
          aria-label="Filter files"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      <ul>
        {files.map((file, index) =>
          file.path.toLowerCase().includes(filter.toLowerCase()) ? (
            <li key={file.path}>
              <button type="button" aria-current={index === current ? 'true' : undefined} onClick={() => onPick(index)} title={file.path}>
                <span class={`letter letter-${file.status}`} title={STATUS_WORDS[file.status]}>
                  {STATUS_LETTER[file.status]}
                </span>
                <span class="file-path">
                  <bdi>
                    <Visible text={file.path} />
                  </bdi>
                </span>
                <Counts additions={file.additions} deletions={file.deletions} />
              </button>
            </li>
          ) : null,
        )}
      </ul>
    </nav>
  );
}

/** What the run changed, file by file. Files are drawn when they come into sight. */
export function DiffTab({ run }: { run: Run }) {
  const { value: diff, problem } = useDoor('getDiff', run.headCommit ? { params: { id: run.id } } : undefined);
  const [current, setCurrent] = useState(-1);
  const place = useRef<HTMLDivElement>(null);
  const files = diff?.files ?? [];
  const pick = (index: number) => {
    if (!files[index]) return;
    setCurrent(index);
    place.current?.querySelector(`[data-file="${index}"]`)?.scrollIntoView({ block: 'start' });
  };
  useEffect(() => setCurrent(-1), [diff?.head]);
  useShortcuts([
    { key: 'j', words: 'Next file of the diff', run: () => pick(Math.min(files.length - 1, current + 1)) },
    { key: 'k', words: 'Previous file of the diff', run: () => pick(Math.max(0, current - 1)) },
  ]);
  if (!run.headCommit) return <p class="empty">There is no commit yet. The diff appears when Codex has finished.</p>;
  if (!diff) return <p class="empty">{problem?.message ?? 'Loading the diff…'}</p>;
  if (files.length === 0) return <p class="empty">Nothing differs.</p>;
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return (
    <div class="diff" ref={place}>
      <div class="diff-side">
        <p class="diff-sum">
          {files.length} {files.length === 1 ? 'file' : 'files'} <Counts additions={additions} deletions={deletions} />
          <span class="hint">
            <code>{diff.base.slice(0, 8)}</code> → <code>{diff.head.slice(0, 8)}</code>
          </span>
        </p>
        {files.length > 1 && <FileList files={files} current={current} onPick={pick} />}
      </div>
      <div class="diff-files">
        {files.map((file, index) => (
          <DiffFile key={`${diff.head}/${file.path}`} file={file} index={index} words={STATUS_WORDS[file.status]} />
        ))}
      </div>
    </div>
  );
}
