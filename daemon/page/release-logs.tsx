import { useState } from 'preact/hooks';
import type { Release } from '#shared/release.ts';
import { Button } from '#shared/ui/button.tsx';
import { LogView } from './run/log-view.tsx';

/** The logs of a release that belongs to no run, opened one at a time. */
export function ReleaseLogs({ release }: { release: Release }) {
  const [open, setOpen] = useState<string | undefined>();
  const { logs = [] } = release;
  if (logs.length === 0 || (release.state !== 'failed' && release.state !== 'preparing')) return null;
  return (
    <>
      <p class="row">
        {logs.map((name) => (
          <Button key={name} kind="quiet" expanded={open === name} onClick={() => setOpen(open === name ? undefined : name)}>
            Log: {name}
          </Button>
        ))}
      </p>
      {open !== undefined && <LogView key={open} runId={release.id} name={open} />}
    </>
  );
}
