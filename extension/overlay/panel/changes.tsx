import type { Run } from '#shared/run.ts';
import { Icon } from '#shared/ui/icon.tsx';
import { Visible, VisibleBlock } from '#shared/ui/visible.tsx';
import type { RunLook } from '../../messages.ts';

/** Files that stand there at once; the rest a press away. */
const FILES_AT_ONCE = 6;
const SIGNS = { added: '+', modified: '±', deleted: '−', renamed: '→', mode_changed: '±' } as const;

/** What an approval approves: summary, files, checks, and what the policy wants looked at. */
export function Changes({ run, look }: { run: Run; look: RunLook | undefined }) {
  if (!look) return <p class="run-now">Reading what it changes…</p>;
  const bad = look.checks.filter(({ status }) => status !== 'passed');
  return (
    <div class="changes">
      {look.summary !== undefined && look.summary !== '' && (
        <p class="summary">
          <VisibleBlock text={look.summary} />
        </p>
      )}
      <ul class="files" aria-label="Files changed">
        {look.files.slice(0, FILES_AT_ONCE).map((file) => (
          <li key={file.path}>
            <span class="file-sign" title={file.status.replace('_', ' ')}>
              {SIGNS[file.status]}
            </span>
            <code>
              <Visible text={file.path} />
            </code>
            <span class="file-lines">
              <span class="cb-text-good">+{file.additions}</span> <span class="cb-text-bad">−{file.deletions}</span>
            </span>
          </li>
        ))}
        {look.files.length + look.moreFiles > FILES_AT_ONCE && (
          <li class="quiet">and {look.files.length + look.moreFiles - FILES_AT_ONCE} more files, in the details</li>
        )}
      </ul>
      <p class={`checks cb-text-${bad.length === 0 ? 'good' : 'bad'}`}>
        <Icon name={bad.length === 0 ? 'check' : 'cross'} />
        {bad.length === 0
          ? `${look.checks.length} of ${look.checks.length} checks passed`
          : `Not passed: ${bad.map(({ name, status }) => `${name} (${status.replace('_', ' ')})`).join(', ')}`}
      </p>
      {run.policy?.reasons.map((reason) => (
        <p key={reason.rule + reason.message} class={`policy policy-${reason.severity}`}>
          <Icon name={reason.severity === 'note' ? 'info' : reason.severity === 'manual' ? 'eye' : 'warning'} />
          <span>
            {reason.severity === 'block' && <strong>Blocks: </strong>}
            {reason.severity === 'manual' && <strong>Look at: </strong>}
            <Visible text={reason.message} />
          </span>
        </p>
      ))}
    </div>
  );
}
