import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import type { ElementPart, PickedElement } from './collected.ts';
import { writeMasked } from './masked.ts';
import type { SourceWords } from './sources.ts';

const PART_WORDS: Readonly<Record<ElementPart, string>> = { name: 'Name', text: 'Text', html: 'HTML', hints: 'Framework' };

interface ElementEntryParts {
  element: PickedElement;
  number: number;
  shown: ReadonlySet<string>;
  source: SourceWords | undefined;
  onChange(element: PickedElement): void;
  onRemove(): void;
}

/** One picked element: what it is, where it is in the code, the person's note, and what of it is sent. */
export function ElementEntry({ element, number, shown, source, onChange, onRemove }: ElementEntryParts) {
  const name = writeMasked(element.name, shown, 80);
  const parts = (Object.keys(PART_WORDS) as ElementPart[]).filter((part) =>
    part === 'hints' ? Object.keys(element.hints).length > 0 : element[part].length > 0,
  );
  const turn = (part: ElementPart, on: boolean) =>
    onChange({ ...element, without: on ? element.without.filter((each) => each !== part) : [...element.without, part] });
  return (
    <div class="cap-element">
      <div class="cap-element-head">
        <span class="cap-number" aria-hidden="true">
          {number}
        </span>
        <span class="cap-element-name">
          <b>
            <Visible text={element.role ?? 'element'} />
          </b>
          {name !== '' && (
            <>
              {' '}
              “<Visible text={name} />”
            </>
          )}
        </span>
        <Button kind="quiet" title={`Remove element ${number}`} onClick={onRemove}>
          <Icon name="cross" />
          <span class="cb-hidden">Remove element {number}</span>
        </Button>
      </div>
      <code class="cap-selector">
        <Visible text={element.frame === undefined ? element.selector : `${element.frame} >>> ${element.selector}`} />
      </code>
      {source !== undefined && (
        <p class={`cap-source cap-source-${source.confidence}`}>
          <Visible text={source.text} />
        </p>
      )}
      <input
        class="cap-note"
        type="text"
        maxLength={2_000}
        value={element.note}
        placeholder="What about this one?"
        aria-label={`Note on element ${number}`}
        onInput={(event) => onChange({ ...element, note: event.currentTarget.value })}
      />
      <div class="cap-parts">
        {parts.map((part) => {
          const on = !element.without.includes(part);
          return (
            <button key={part} type="button" class="cap-part" aria-pressed={on} onClick={() => turn(part, !on)}>
              {on && <Icon name="check" />}
              {PART_WORDS[part]}
            </button>
          );
        })}
      </div>
    </div>
  );
}
