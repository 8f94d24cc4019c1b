import { useEffect, useState } from 'preact/hooks';
import { Note } from '#shared/ui/note.tsx';
import type { NoticeSettings } from '../../awareness/notice-settings.ts';
import { loadNoticeSettings, saveNoticeSettings } from '../../awareness/notice-settings-store.ts';

const KINDS: readonly { kind: keyof NoticeSettings; words: string }[] = [
  { kind: 'needs_you', words: 'When a run needs your approval' },
  { kind: 'failed', words: 'When a run failed' },
];

/** When the browser tells a person who looks elsewhere. */
export function NoticeForm() {
  const [settings, setSettings] = useState<NoticeSettings | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  useEffect(() => void loadNoticeSettings().then(setSettings), []);
  if (!settings) return null;
  return (
    <section aria-labelledby="notices-title">
      <h2 id="notices-title">Notifications</h2>
      <p class="hint">Said once for each run; a click opens the run. The number on the toolbar button is there either way.</p>
      {KINDS.map(({ kind, words }) => (
        <label key={kind} class="tick">
          <input
            type="checkbox"
            checked={settings[kind]}
            onChange={(event) => {
              const next = { ...settings, [kind]: event.currentTarget.checked };
              setSettings(next);
              saveNoticeSettings(next).then(
                () => setProblem(undefined),
                (error: unknown) => {
                  setSettings(settings);
                  setProblem(`That was not kept. ${String(error)}`);
                },
              );
            }}
          />
          {words}
        </label>
      ))}
      {problem && <Note level="error">{problem}</Note>}
    </section>
  );
}
