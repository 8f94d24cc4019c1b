import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '#shared/ui/icon.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import { drawPicture } from '../../capture/burn.ts';
import type { PickedElement, Picture } from '../../capture/collected.ts';
import { writeMasked } from '../../capture/masked.ts';
import type { DaemonView } from '../../messages.ts';
import type { Shell } from '../contract.ts';
import type { CaptureDesk } from './capture-desk.ts';
import type { PanelStore } from './panel-state.ts';

/** What goes along with the prompt, piece by piece, and which app it is for where that is unclear. */
export function Chips({ store, capture, shell }: { store: PanelStore; capture: CaptureDesk; shell: Shell }) {
  const { view, isPicking } = useObserved(store);
  const { collected } = useObserved(capture.state);
  const isUnclear = view !== undefined && view.daemons.length > 0 && (view.chosen === undefined || isPicking);
  const shown = new Set(collected?.shown);
  return (
    <>
      {isUnclear && (
        <DaemonPicker
          daemons={view.daemons}
          chosen={view.chosen}
          shell={shell}
          onPicked={() => store.change({ isPicking: false, note: undefined })}
        />
      )}
      {collected?.switches.page && (
        <ul class="chip-list" aria-label="Goes along with it">
          <li class="chip">
            <span class="cb-hidden">This page: </span>
            <code>
              <Visible text={routeWords(writeMasked(collected.url, shown))} />
            </code>
          </li>
          {collected.elements.map((element, index) => (
            <Chip
              key={element.id}
              what={`element ${index + 1}`}
              shell={shell}
              onRemove={() =>
                capture.change({
                  ...collected,
                  elements: collected.elements.filter(({ id }) => id !== element.id),
                  pictures: collected.pictures.filter(({ id }) => id !== element.id),
                })
              }
            >
              <b>{index + 1}</b>
              <Visible text={writeMasked(element.name, shown, 40) || elementWords(element, shown)} />
            </Chip>
          ))}
          {collected.pictures
            .filter(({ isOff, of }) => !isOff && of === 'page')
            .map((picture) => (
              <Chip
                key={picture.id}
                what="the picture"
                shell={shell}
                onRemove={() => capture.change({ ...collected, pictures: collected.pictures.filter(({ id }) => id !== picture.id) })}
              >
                <button
                  type="button"
                  class="thumb"
                  aria-label="Draw on the picture"
                  onClick={(event) => shell.isReal(event) && capture.show({ picture: picture.id })}
                >
                  <Thumbnail picture={picture} shown={collected.shown} />
                </button>
              </Chip>
            ))}
        </ul>
      )}
      {collected?.pictureProblem !== undefined && <p class="problem">{collected.pictureProblem}</p>}
    </>
  );
}

/** What tells an element without a name from others: what is written in it, before what it is and where it stands. */
function elementWords({ text, role, selector }: PickedElement, shown: ReadonlySet<string>): string {
  return writeMasked(text, shown, 40).replaceAll(/\s+/g, ' ').trim() || (role ?? selector.slice(0, 40));
}

/** Path and query, which is what tells pages of an app apart. */
function routeWords(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? url : url.slice(parsed.origin.length) || '/';
}

interface ChipParts {
  what: string;
  shell: Shell;
  onRemove(): void;
  children: ComponentChildren;
}

function Chip({ what, shell, onRemove, children }: ChipParts) {
  return (
    <li class="chip">
      {children}
      <button
        type="button"
        class="chip-remove"
        aria-label={`Leave out ${what}`}
        onClick={(event) => {
          if (!shell.isReal(event)) return;
          onRemove();
          shell.focusPrompt();
        }}
      >
        <Icon name="cross" />
      </button>
    </li>
  );
}

/** As it is sent, only smaller. */
function Thumbnail({ picture, shown }: { picture: Picture; shown: readonly string[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) drawPicture(canvas.current, picture, new Set(shown));
  }, [picture, shown]);
  return <canvas ref={canvas} />;
}

/** Several apps may be meant by this page: the person says which, once for this origin. */
function DaemonPicker({
  daemons,
  chosen,
  shell,
  onPicked,
}: {
  daemons: readonly DaemonView[];
  chosen: string | undefined;
  shell: Shell;
  onPicked(): void;
}) {
  const pick = (daemonId: string) => async (event: Event) => {
    if (!shell.isReal(event)) return;
    shell.focusPrompt();
    await ask('pick_daemon', { daemonId });
    onPicked();
  };
  return (
    <fieldset class="pick-daemon">
      <legend>Which app is this page?</legend>
      {daemons.map((daemon) => (
        <button
          type="button"
          class="button"
          key={daemon.id}
          aria-pressed={chosen === undefined ? undefined : daemon.id === chosen}
          onClick={(event) => void pick(daemon.id)(event)}
        >
          <Visible text={daemon.app ?? daemon.address} />
          {daemon.link !== 'ready' && <span class="quiet">not running</span>}
        </button>
      ))}
    </fieldset>
  );
}
