import { useState } from 'preact/hooks';
import type { FileDiff } from '#shared/review.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { Counts } from './counts.tsx';

const STATUS_LETTER: Record<FileDiff['status'], string> = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R', mode_changed: 'X' };
export const STATUS_WORDS: Record<FileDiff['status'], string> = {
  added: 'added',
  modified: 'modified',
  deleted: 'deleted',
  renamed: 'renamed',
  mode_changed: 'mode changed',
};

/** The files of a diff, to go to one. */
export function FileList({ files, current, onPick }: { files: readonly FileDiff[]; current: number; onPick: (index: number) => void }) {
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
