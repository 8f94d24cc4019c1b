import { useMemo, useState } from 'preact/hooks';
import { LinkLost } from '#shared/link.ts';
import { nonce } from '#shared/pairing.ts';
import type { Release } from '#shared/release.ts';
import { Button } from '#shared/ui/button.tsx';
import { isDecided, openKeyring } from '#shared/ui/keyring.ts';
import { Note } from '#shared/ui/note.tsx';
import { rollbackWords } from '#shared/ui/rollback-words.ts';
import { Visible } from '#shared/ui/visible.tsx';
import type { Inbox } from './inbox-store.ts';

/** Puts the release before this run's back, after saying exactly what that does. */
export function RollBack({
  inbox,
  daemonId,
  from,
  to,
  onClose,
}: {
  inbox: Inbox;
  daemonId: string;
  from: Release;
  to: Release;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ message: string; done: boolean } | undefined>();
  const keyring = useMemo(() => openKeyring(nonce), []);

  const roll = async () => {
    setBusy(true);
    try {
      const result = await inbox.client(daemonId).call('rollback', { params: { id: to.id }, body: {}, key: keyring.keyFor(to.id) });
      if (isDecided(result.status)) keyring.decided();
      setSaid(
        result.ok
          ? { done: true, message: `Rolling back to “${to.title}”. The run’s page shows how it goes.` }
          : { done: false, message: result.message },
      );
    } catch (lost) {
      if (!(lost instanceof LinkLost)) throw lost;
      setSaid({ done: false, message: 'The daemon did not answer. Try again: it is done once at most.' });
    }
    setBusy(false);
  };

  if (said?.done) {
    return (
      <Note level="info">
        <p role="status">
          <Visible text={said.message} />
        </p>
      </Note>
    );
  }
  return (
    <div class="in-place">
      <ul class="sentences">
        {rollbackWords(from, to).map((sentence) => (
          <li key={sentence}>
            <Visible text={sentence} />
          </li>
        ))}
      </ul>
      {said && (
        <Note level="error">
          <p>
            <Visible text={said.message} />
          </p>
        </Note>
      )}
      <div class="row">
        <Button kind="danger" busy={busy} onClick={() => void roll()}>
          {busy ? 'Rolling back…' : 'Roll back now'}
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Leave it as it is
        </Button>
      </div>
    </div>
  );
}
