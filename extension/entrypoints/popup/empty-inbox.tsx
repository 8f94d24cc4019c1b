import { Button } from '#shared/ui/button.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { ask } from '../../ask.ts';
import type { Inbox } from '../../inbox/inbox-store.ts';

/** The first thing a new person sees: what is missing, and the one command that mends it. */
export function NotPaired() {
  return (
    <section class="not-paired">
      <h1>Pair with your daemon</h1>
      <p>
        This browser is not paired yet. The daemon’s page gives a one-time code under Settings, and so does this command on its machine:
      </p>
      <code class="command">scripts/codex-builder pair</code>
      <p>
        <Button kind="primary" onClick={() => void ask('open_options', {}).then(() => window.close())}>
          Enter the code…
        </Button>
      </p>
      <p class="hint">What you ask for goes to your own daemon and nowhere else.</p>
    </section>
  );
}

/** Why nothing is listed, when it is not simply that nothing was read yet. */
export function EmptyInbox({ inbox }: { inbox: Inbox }) {
  const { daemons, where, sight, loaded, runs, problem, unreadOnly } = useObserved(inbox.view);
  const asked = (daemons ?? []).filter(({ id }) => runs[id] !== undefined);
  if (problem || asked.every(({ link }) => link !== 'ready')) return null;
  if (!loaded) return <p class="empty">Reading the runs…</p>;
  if (unreadOnly) {
    return (
      <div class="empty">
        <p>Nothing is unread.</p>
        <Button kind="quiet" onClick={() => inbox.showUnread(false)}>
          Show read runs too
        </Button>
      </div>
    );
  }
  if (where === 'page') {
    return (
      <div class="empty">
        <p>
          {sight?.belongs
            ? 'No run is about this page yet. Press the key on it and say what should change.'
            : 'This page belongs to none of your apps, and nothing was asked for on it from here.'}
        </p>
        <Button kind="quiet" onClick={() => inbox.show('all')}>
          Show all runs
        </Button>
      </div>
    );
  }
  return (
    <div class="empty">
      <p>No runs yet. Open a page of your app, press the key and say what should change.</p>
    </div>
  );
}
