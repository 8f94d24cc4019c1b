import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import type { DaemonView } from '../../messages.ts';
import type { Shell } from '../contract.ts';

/** Where requests go and as whom, and the way out for a site where the overlay is not wanted. */
export function Footer({ daemon, shell, onChange }: { daemon: DaemonView | undefined; shell: Shell; onChange: (() => void) | undefined }) {
  const real = (then: () => void) => (event: Event) => shell.isReal(event) && then();
  const [isTurningOff, setTurningOff] = useState(false);
  const turnOff = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => turnOff.current?.focus(), [isTurningOff]);
  if (isTurningOff) {
    const off = () => {
      setTurningOff(false);
      void ask('site_off', { off: true });
    };
    return (
      <footer class="foot">
        <p>
          On <strong>{location.hostname}</strong>, whatever the port, the key is the page’s own again. The options turn it on again.
        </p>
        <button ref={turnOff} type="button" class="cb-quiet" onClick={real(off)}>
          Turn off here
        </button>
        <button type="button" class="cb-quiet" onClick={real(() => setTurningOff(false))}>
          Keep it on
        </button>
      </footer>
    );
  }
  return (
    <footer class="foot">
      <p>
        {daemon && (
          <>
            To{' '}
            <strong>
              <Visible text={daemon.app ?? daemon.address} />
            </strong>
            {daemon.user !== undefined && ` as ${daemon.user}`}
            {daemon.role !== undefined && `, ${daemon.role}`}
          </>
        )}
      </p>
      {onChange && (
        <button type="button" class="cb-quiet" title="This page may be of several apps" onClick={real(onChange)}>
          Another app…
        </button>
      )}
      {daemon && (
        <button type="button" class="cb-quiet" onClick={real(() => void ask('open_page', { daemonId: daemon.id }))}>
          All runs
        </button>
      )}
      <button type="button" class="cb-quiet" onClick={real(() => void ask('open_options', {}))}>
        Options
      </button>
      <button type="button" class="cb-quiet" onClick={real(() => setTurningOff(true))}>
        Off on this site…
      </button>
    </footer>
  );
}
