import { routeOf } from '#shared/capture.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import type { DaemonView } from '../../messages.ts';
import type { Shell } from '../contract.ts';
import type { PanelStore } from './panel-state.ts';

/** What goes along with the prompt, and which app it is for where that is unclear. */
export function Chips({ store, shell }: { store: PanelStore; shell: Shell }) {
  const { view } = useObserved(store);
  const isUnclear = view !== undefined && view.chosen === undefined && view.daemons.length > 0;
  return (
    <>
      {isUnclear && <DaemonPicker daemons={view.daemons} shell={shell} />}
      <ul class="chip-list" aria-label="Goes along with it">
        <li class="chip" title="The address of this page, without secrets, goes along">
          <span class="cb-hidden">This page: </span>
          <code>
            <Visible text={routeOf(location.href) ?? location.host} />
          </code>
        </li>
      </ul>
    </>
  );
}

/** Several apps may be meant by this page: the person says which, once for this origin. */
function DaemonPicker({ daemons, shell }: { daemons: readonly DaemonView[]; shell: Shell }) {
  const pick = (daemonId: string) => (event: Event) => {
    if (!shell.isReal(event)) return;
    void ask('pick_daemon', { daemonId });
    shell.focusPrompt();
  };
  return (
    <fieldset class="pick-daemon">
      <legend>Which app is this page?</legend>
      {daemons.map((daemon) => (
        <button type="button" class="button" key={daemon.id} onClick={pick(daemon.id)}>
          <Visible text={daemon.app ?? daemon.address} />
          {daemon.link !== 'ready' && <span class="quiet">not running</span>}
        </button>
      ))}
    </fieldset>
  );
}
