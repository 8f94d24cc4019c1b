import { useEffect, useRef } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { drawThumbnail } from './burn.ts';
import type { Picture } from './collected.ts';
import { Switch } from './switch.tsx';

interface PictureEntryParts {
  picture: Picture;
  name: string;
  shown: readonly string[];
  /** More are on than a request may carry. */
  isLeftOver: boolean;
  onChange(picture: Picture): void;
  onEdit?(): void;
}

/** One picture as it would be sent. */
export function PictureEntry({ picture, name, shown, isLeftOver, onChange, onEdit }: PictureEntryParts) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) drawThumbnail(canvas.current, picture, new Set(shown), 640);
  }, [picture, shown]);
  return (
    <li class={picture.isOff || isLeftOver ? 'cap-off' : ''}>
      <canvas ref={canvas} role="img" aria-label={`${name}, as it is sent`} />
      <div class="cap-picture-foot">
        <Switch name={name} on={!picture.isOff} onTurn={(on) => onChange({ ...picture, isOff: !on })} />
        <span class="cap-name">{name}</span>
        {onEdit && (
          <Button kind="quiet" onClick={() => onEdit()}>
            Draw or cover
          </Button>
        )}
      </div>
      {isLeftOver && <p class="cap-problem">Not sent: a request carries no more pictures. Leave out another one.</p>}
      {picture.doubt !== undefined && <p class="cap-problem">{picture.doubt}</p>}
    </li>
  );
}
