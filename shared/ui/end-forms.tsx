import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { Visible } from './visible.tsx';

/** Asks for the reason of a rejection, which is required. */
export function Reject({ onReject, onClose, busy }: { onReject: (reason: string) => void; onClose: () => void; busy: boolean }) {
  const [reason, setReason] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  return (
    <form
      class="in-place"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim() !== '') onReject(reason.trim());
      }}
    >
      <label for="reject-reason">Why is it rejected?</label>
      <textarea
        id="reject-reason"
        ref={field}
        rows={3}
        maxLength={4000}
        required
        value={reason}
        onInput={(event) => setReason(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && onClose()}
      />
      <p class="hint">The run ends. main is untouched and the branch is kept.</p>
      <div class="row">
        <Button type="submit" kind="danger" busy={busy} blocked={reason.trim() === '' ? 'A reason is required.' : undefined}>
          Reject
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Back
        </Button>
      </div>
    </form>
  );
}

/** Asks once more before a run is stopped. */
export function Cancel({ onCancel, onClose, busy }: { onCancel: () => void; onClose: () => void; busy: boolean }) {
  return (
    <div class="in-place">
      <p>Stop this run? Its processes end, its slot is given back, and its branch is kept.</p>
      <div class="row">
        <Button kind="danger" busy={busy} onClick={onCancel}>
          Cancel the run
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Let it go on
        </Button>
      </div>
    </div>
  );
}

/** Says what a revert does before it is asked for. */
export function Revert({ title, onRevert, onClose, busy }: { title: string; onRevert: () => void; onClose: () => void; busy: boolean }) {
  return (
    <div class="in-place">
      <p>
        Take “<Visible text={title} />” back? A run of its own undoes exactly this change on top of today's main and keeps what came after
        it. It is tested and previewed, and goes live only when it is approved. Until then production stays as it is.
      </p>
      <p class="hint">To put an earlier release back at once, use Releases and rollback. Data and migrations are not undone by either.</p>
      <div class="row">
        <Button kind="danger" busy={busy} onClick={onRevert}>
          Make the revert
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Leave it
        </Button>
      </div>
    </div>
  );
}
