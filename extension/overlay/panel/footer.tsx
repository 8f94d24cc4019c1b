import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import type { DaemonView } from '../../messages.ts';
import type { Shell } from '../contract.ts';

/** Where requests go and as whom, and the way out for a site where the overlay is not wanted. */
export function Footer({ daemon, shell, onChange }: { daemon: DaemonView | undefined; shell: Shell; onChange: (() => void) | undefined }) {
  const real = (then: () => void) => (event: Event) => shell.isReal(event) && then();
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
      <button
        type="button"
        class="cb-quiet"
        title={`The key is the page’s again on ${location.hostname}. The options switch it on again.`}
        onClick={real(() => void ask('site_off', { off: true }))}
      >
        Off on this site
      </button>
    </footer>
  );
}
