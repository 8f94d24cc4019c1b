import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { Note } from '#shared/ui/note.tsx';
import { type Asked, ask } from '../../ask.ts';
import { browser } from '../../browser.ts';
import { DEFAULT_SETTINGS, type Hotkey, type Settings } from '../../settings.ts';
import { loadSettings } from '../../settings-store.ts';

const IS_MAC = /Mac/.test(navigator.userAgent);

function keyWords({ mod, shift, alt, key }: Hotkey): string {
  const names = [
    mod && (IS_MAC ? 'Cmd' : 'Ctrl'),
    alt && (IS_MAC ? 'Option' : 'Alt'),
    shift && 'Shift',
    key.length === 1 ? key.toUpperCase() : key,
  ];
  return names.filter((name) => name !== false).join('+');
}

/** When the overlay opens: its key, and where it is off. */
export function KeySettings() {
  const [settings, setSettings] = useState<Settings>(DEFAULT_SETTINGS);
  const [isListening, setListening] = useState(false);
  const [problem, setProblem] = useState<string | undefined>();
  const [shortcut, setShortcut] = useState<string | undefined>();
  const field = useRef<HTMLInputElement>(null);
  // The `autofocus` of an input that comes later is not heeded, and the key would go nowhere.
  useLayoutEffect(() => field.current?.focus(), [isListening]);
  const reload = () => void loadSettings().then(setSettings);
  useEffect(() => {
    reload();
    void browser.commands.getAll().then((commands) => {
      // Chromium lists one of its own before ours, which opens the popup.
      const ours = commands.find(({ name }) => name === 'open-overlay');
      setShortcut(ours?.shortcut?.replace('Command', 'Cmd'));
    });
  }, []);

  const change = async (asked: Promise<Asked<unknown>>) => {
    const answer = await asked;
    setProblem(answer.ok ? undefined : `That was not kept. ${answer.message}`);
    reload();
  };
  const setHotkey = (hotkey: Hotkey | null) => {
    setListening(false);
    return change(ask('set_hotkey', { hotkey }));
  };

  return (
    <section aria-labelledby="key-title">
      <h2 id="key-title">The key</h2>
      <p>
        {settings.hotkey ? (
          <>
            <kbd>{keyWords(settings.hotkey)}</kbd> opens the overlay; pressed twice quickly, the page gets it.
          </>
        ) : (
          'No key of ours is taken from pages.'
        )}{' '}
        {shortcut ? (
          <>
            <kbd>{shortcut}</kbd> does too, wherever the focus is; the browser’s own settings for extension shortcuts change that one.
          </>
        ) : (
          'The browser’s own settings for extension shortcuts can add a second one, which works wherever the focus is.'
        )}
      </p>
      <div class="row">
        <Button onClick={() => setListening(true)}>{isListening ? 'Press the new key…' : 'Change the key…'}</Button>
        {isListening && (
          <input
            ref={field}
            readOnly
            value=""
            aria-label="New key"
            placeholder="with Ctrl, Cmd or Alt"
            onBlur={() => setListening(false)}
            onKeyDown={(event) => {
              if (event.key === 'Tab' || event.key === 'Escape') return setListening(false);
              event.preventDefault();
              if (/^(Control|Shift|Alt|Meta)$/.test(event.key)) return;
              const mod = IS_MAC ? event.metaKey : event.ctrlKey;
              if (!mod && !event.altKey) return;
              void setHotkey({ mod, shift: event.shiftKey, alt: event.altKey, key: event.key.toLowerCase() });
            }}
          />
        )}
        {settings.hotkey && <Button onClick={() => void setHotkey(null)}>Take no key from pages</Button>}
        {settings.hotkey && keyWords(settings.hotkey) !== keyWords(DEFAULT_SETTINGS.hotkey!) && (
          <Button onClick={() => void setHotkey(DEFAULT_SETTINGS.hotkey!)}>Back to {keyWords(DEFAULT_SETTINGS.hotkey!)}</Button>
        )}
        {!settings.hotkey && (
          <Button onClick={() => void setHotkey(DEFAULT_SETTINGS.hotkey!)}>Use {keyWords(DEFAULT_SETTINGS.hotkey!)}</Button>
        )}
      </div>
      <label class="tick">
        <input
          type="checkbox"
          checked={settings.pictureFirst}
          onChange={({ currentTarget }) => void change(ask('set_picture_first', { on: currentTarget.checked }))}
        />
        Take a picture of the page each time I press the key, before the overlay shows
      </label>
      <p class="hint">
        It shows the page as it is at that moment, an open menu too. The overlay comes a little later. What is private is painted over, and
        the picture can be left out before you send.
      </p>
      {settings.offSites.length > 0 && (
        <>
          <h3>Off on these sites</h3>
          <ul>
            {settings.offSites.map((site) => (
              <li key={site} class="row">
                {site}
                <Button onClick={() => void change(ask('site_off', { off: false, host: site }))}>Switch on again</Button>
              </li>
            ))}
          </ul>
        </>
      )}
      {problem && <Note level="error">{problem}</Note>}
    </section>
  );
}
