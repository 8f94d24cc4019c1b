import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import type { Collected, Picture, Switches } from './collected.ts';
import { ElementEntry } from './element-entry.tsx';
import { Exactly } from './exactly.tsx';
import { KIND_WORDS, type Masked, writeMasked } from './masked.ts';
import { consoleErrors, failedRequests } from './page-errors.ts';
import { PictureEntry } from './picture-entry.tsx';
import { glimpseOf, type SecretEntry, secretsIn } from './secrets-in.ts';
import { useSources } from './sources.ts';
import { Switch } from './switch.tsx';
import { type ReadyRequest, type RequestOptions, sentPictures, toRequest } from './to-request.ts';

export interface PayloadViewParts {
  collected: Collected;
  prompt: string;
  options?: RequestOptions;
  onChange(collected: Collected): void;
  /** The person wants to draw on this one: show a `PictureEditor`. */
  onEdit?(picture: Picture): void;
  /** Whom to ask where the elements are in the code. Without it nobody is asked. */
  sourcesFrom?: string;
}

/** Shows exactly what will be sent; each part of it can be switched off, and each private thing shown. */
export function PayloadView({ collected, prompt, options, onChange, onEdit, sourcesFrom }: PayloadViewParts) {
  const ready = useReady(collected, prompt, options);
  const sources = useSources(sourcesFrom, ready?.request.context?.elements);
  const { switches, shown } = collected;
  const seen = new Set(shown);
  const newest = useRef(collected);
  newest.current = collected;
  const turn = (name: keyof Switches, on: boolean) => onChange({ ...collected, switches: { ...switches, [name]: on } });
  const withPicture = (next: Picture) =>
    onChange({ ...collected, pictures: collected.pictures.map((picture) => (picture.id === next.id ? next : picture)) });
  const { width, height, scrollX, scrollY } = collected.viewport;

  return (
    <section class="cap-payload" aria-label="What is sent">
      <Row name="This page" on={switches.page} onTurn={(on) => turn('page', on)}>
        {switches.page ? <code>{writeMasked(collected.url, seen)}</code> : <span class="cap-quiet">Only your words are sent.</span>}
      </Row>
      {switches.page && (
        <>
          <Row name="Title" on={switches.title} onTurn={(on) => turn('title', on)}>
            <Visible text={writeMasked(collected.title, seen)} />
          </Row>
          <Row name="Window" on={switches.viewport} onTurn={(on) => turn('viewport', on)}>
            {width} × {height}, scrolled to {scrollX}, {scrollY}
          </Row>
          {collected.elements.map((element, index) => (
            <ElementEntry
              key={element.id}
              number={index + 1}
              element={element}
              shown={seen}
              source={sources[index]}
              onChange={(next) => onChange({ ...collected, elements: collected.elements.map((each) => (each === element ? next : each)) })}
              onRemove={() =>
                onChange({
                  ...collected,
                  elements: collected.elements.filter((each) => each !== element),
                  pictures: collected.pictures.filter(({ id }) => id !== element.id),
                })
              }
            />
          ))}
          {collected.pictureProblem !== undefined && <p class="cap-problem">No picture of the page: {collected.pictureProblem}</p>}
          {collected.pictures.length > 0 && (
            <ul class="cap-pictures" aria-label="Pictures">
              {collected.pictures.map((picture) => (
                <PictureEntry
                  key={picture.id}
                  picture={picture}
                  name={pictureName(collected, picture)}
                  shown={shown}
                  isLeftOver={!picture.isOff && !sentPictures(collected).includes(picture)}
                  onChange={withPicture}
                  {...(onEdit === undefined ? {} : { onEdit: () => onEdit(picture) })}
                />
              ))}
            </ul>
          )}
          <Lines
            name="Console errors"
            hint="From now on; reproduce the error, then look here again."
            lines={collected.console}
            on={switches.console}
            shown={seen}
            onTurn={async (on) => {
              onChange({ ...collected, console: [], switches: { ...switches, console: on } });
              const lines = on ? await consoleErrors() : [];
              // The page may take its time: what was changed or sent meanwhile stays so.
              if (newest.current.switches.console) onChange({ ...newest.current, console: lines });
            }}
          />
          <Lines
            name="Failed requests"
            hint="None was answered with an error since this page was loaded."
            lines={collected.failedRequests}
            on={switches.failedRequests}
            shown={seen}
            onTurn={(on) =>
              onChange({ ...collected, failedRequests: on ? failedRequests() : [], switches: { ...switches, failedRequests: on } })
            }
          />
          <Hidden
            entries={secretsIn(collected)}
            shown={seen}
            onTurn={(id, on) => onChange({ ...collected, shown: on ? [...shown, id] : shown.filter((each) => each !== id) })}
          />
        </>
      )}
      <Exactly ready={ready} />
    </section>
  );
}

/** What would be sent now. It lags a moment behind while pictures are made. */
function useReady(collected: Collected, prompt: string, options: RequestOptions | undefined): ReadyRequest | undefined {
  const [ready, setReady] = useState<ReadyRequest>();
  useEffect(() => {
    let isStale = false;
    void toRequest(collected, prompt, options).then((next) => {
      if (!isStale) setReady(next);
    });
    return () => {
      isStale = true;
    };
  }, [collected, prompt, options]);
  return ready;
}

function pictureName({ elements }: Collected, { id, of }: Picture): string {
  return of === 'page' ? 'The page' : `Element ${elements.findIndex((element) => element.id === id) + 1}`;
}

interface RowParts {
  name: string;
  on: boolean;
  onTurn(on: boolean): void;
  children: ComponentChildren;
}

function Row({ name, on, onTurn, children }: RowParts) {
  return (
    <div class={`cap-row ${on ? '' : 'cap-off'}`}>
      <Switch name={name} on={on} onTurn={onTurn} />
      <span class="cap-name">{name}</span>
      <span class="cap-value">{children}</span>
    </div>
  );
}

interface LinesParts {
  name: string;
  hint: string;
  lines: readonly Masked[];
  on: boolean;
  shown: ReadonlySet<string>;
  onTurn(on: boolean): void | Promise<void>;
}

function Lines({ name, hint, lines, on, shown, onTurn }: LinesParts) {
  return (
    <Row name={name} on={on} onTurn={(next) => void onTurn(next)}>
      {!on && <span class="cap-quiet">Not read</span>}
      {on && lines.length === 0 && <span class="cap-quiet">{hint}</span>}
      {on && lines.length > 0 && (
        <ul class="cap-lines">
          {lines.map((line) => {
            const text = writeMasked(line, shown);
            return (
              <li key={text}>
                <Visible text={text} />
              </li>
            );
          })}
        </ul>
      )}
    </Row>
  );
}

interface HiddenParts {
  entries: readonly SecretEntry[];
  shown: ReadonlySet<string>;
  onTurn(id: string, on: boolean): void;
}

function Hidden({ entries, shown, onTurn }: HiddenParts) {
  if (entries.length === 0) return <p class="cap-quiet cap-none">Nothing private was found in this.</p>;
  const seen = entries.filter(({ secret }) => shown.has(secret.id)).length;
  return (
    <details class="cap-hidden">
      <summary>
        <Icon name="eye" />
        {entries.length - seen} private {entries.length - seen === 1 ? 'thing is' : 'things are'} hidden
        {seen > 0 && <span class="cap-warn">, {seen} sent as shown</span>}
      </summary>
      <ul>
        {entries.map(({ secret, inText, inPicture }) => (
          <li key={secret.id}>
            <span class="cap-kind">{KIND_WORDS[secret.kind]}</span>
            <span class="cap-glimpse">
              <Visible text={glimpseOf(secret)} />
            </span>
            <span class="cap-quiet">{inText && inPicture ? 'text and picture' : inText ? 'text' : 'picture'}</span>
            <Button kind="quiet" onClick={() => onTurn(secret.id, !shown.has(secret.id))}>
              {shown.has(secret.id) ? 'Hide again' : 'Send as it is'}
            </Button>
          </li>
        ))}
      </ul>
    </details>
  );
}
