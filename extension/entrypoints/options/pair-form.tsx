import { useState } from 'preact/hooks';
import { browserName } from '#shared/ui/browser-name.ts';
import { Button } from '#shared/ui/button.tsx';
import { Note } from '#shared/ui/note.tsx';
import { ask } from '../../ask.ts';
import { WordsNote } from '../../inbox/words-note.tsx';
import type { Words } from '../../messages.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:4400';

/** Address and code become a pairing. The whole link with the code may be pasted as the address. */
export function PairForm({ isFirst, isLetIn }: { isFirst: boolean; isLetIn: boolean }) {
  const [address, setAddress] = useState(DEFAULT_ADDRESS);
  const [code, setCode] = useState('');
  const [name, setName] = useState(() => `${browserName(navigator.userAgent)}, extension`);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Words | undefined>();
  const [isPaired, setPaired] = useState(false);
  const hasCode = code.trim() !== '' || address.includes('#code=');
  // The request to the daemon would fail as if nothing answered there.
  const blocked = isLetIn ? (hasCode ? undefined : 'Enter the code first.') : 'First allow Codex Builder on all pages, above.';

  const pair = async () => {
    setBusy(true);
    setFailed(undefined);
    setPaired(false);
    const asked = await ask('pair', { address, code, name });
    setBusy(false);
    if (!asked.ok) setFailed({ title: 'Not paired', text: asked.message });
    else if (asked.value.end === 'failed') setFailed(asked.value.words);
    else {
      setPaired(true);
      setCode('');
      if (address.includes('#code=')) setAddress(address.slice(0, address.indexOf('#')));
    }
  };

  return (
    <section aria-labelledby="pair-title">
      <h2 id="pair-title">{isFirst ? 'Pair with your daemon' : 'Pair with another daemon'}</h2>
      <p class="hint">
        The daemon’s page gives a code under Settings, and so does this command on its machine:{' '}
        <code class="command">scripts/codex-builder pair</code>
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && blocked === undefined) void pair();
        }}
      >
        <div class="field">
          <label for="address">Address of the daemon, or the whole link with the code</label>
          <input
            id="address"
            value={address}
            onInput={(event) => setAddress(event.currentTarget.value)}
            autocapitalize="off"
            spellcheck={false}
          />
        </div>
        <div class="field">
          <label for="code">One-time code</label>
          <input
            id="code"
            value={code}
            onInput={(event) => setCode(event.currentTarget.value)}
            autocomplete="one-time-code"
            autocapitalize="off"
            spellcheck={false}
            aria-describedby="code-hint"
          />
          <p id="code-hint" class="hint">
            A code works once and for five minutes.
          </p>
        </div>
        <div class="field">
          <label for="name">Name of this browser, as the daemon lists it</label>
          <input id="name" value={name} maxLength={80} onInput={(event) => setName(event.currentTarget.value)} />
        </div>
        {failed && <WordsNote words={failed} level="error" />}
        {isPaired && (
          <Note level="info">
            <p role="status">Paired. The code is used up.</p>
          </Note>
        )}
        <Button type="submit" kind="primary" busy={busy} blocked={blocked}>
          {busy ? 'Pairing…' : 'Pair this browser'}
        </Button>
      </form>
    </section>
  );
}
