import { useEffect, useRef, useState } from 'preact/hooks';
import { codeIn } from '#shared/redeem.ts';
import { Button } from '#shared/ui/button.tsx';
import { Note } from '#shared/ui/note.tsx';
import { type KeptDevice, redeemCode } from '../device.ts';

export type WhyNotIn = 'unpaired' | 'revoked' | 'version' | 'impostor';

const WORDS: Record<WhyNotIn, { title: string; text: string }> = {
  unpaired: {
    title: 'This browser is not paired yet',
    text: 'Codex Builder knows each browser by a secret of its own. Pair this one with a one-time code.',
  },
  revoked: { title: 'This browser was revoked', text: 'An admin took its access away. With a new one-time code it can be paired again.' },
  version: {
    title: 'This page is from another version',
    text: 'The daemon was updated while the page was open. Reload to get the page that belongs to it.',
  },
  impostor: {
    title: 'Something else is listening on this port',
    text: 'It could not prove that it is your daemon, so nothing was sent to it. Stop that program and start Codex Builder; this page goes on by itself.',
  },
};

/** What a person sees who cannot be let in: why, and the one thing that helps. */
export function PairingScreen({
  why,
  problem,
  onPaired,
}: {
  why: WhyNotIn;
  problem?: string | undefined;
  onPaired: (device: KeptDevice) => void;
}) {
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(problem);
  const field = useRef<HTMLInputElement>(null);
  const canPair = why === 'unpaired' || why === 'revoked';
  useEffect(() => setRefused(problem), [problem]);
  useEffect(() => field.current?.focus(), []);

  const pair = async () => {
    setBusy(true);
    setRefused(undefined);
    const outcome = await redeemCode(codeIn(code));
    setBusy(false);
    if (outcome.end === 'paired') onPaired(outcome.device);
    else setRefused(outcome.message);
  };

  return (
    <main class="door">
      <h1>{WORDS[why].title}</h1>
      <p>{WORDS[why].text}</p>
      {canPair && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (code.trim() !== '' && !busy) void pair();
          }}
        >
          <p>
            On the machine where the daemon runs, this prints a link with a code:
            <code class="command">scripts/codex-builder open</code>
          </p>
          <label for="code">One-time code</label>
          <div class="row">
            <input
              ref={field}
              id="code"
              value={code}
              onInput={(event) => setCode(event.currentTarget.value)}
              autocomplete="one-time-code"
              autocapitalize="off"
              spellcheck={false}
              aria-describedby="code-hint"
            />
            <Button type="submit" kind="primary" busy={busy} blocked={code.trim() === '' ? 'Enter the code first.' : undefined}>
              {busy ? 'Pairing…' : 'Pair this browser'}
            </Button>
          </div>
          <p id="code-hint" class="hint">
            A code works once and for five minutes.
          </p>
          {refused && <Note level="error">{refused}</Note>}
        </form>
      )}
      {why === 'version' && (
        <Button kind="primary" onClick={() => location.reload()}>
          Reload
        </Button>
      )}
    </main>
  );
}
