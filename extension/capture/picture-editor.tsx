import { useEffect, useRef } from 'preact/hooks';
import { drawPicture } from './burn.ts';
import type { Picture } from './collected.ts';

export interface PictureEditorParts {
  picture: Picture;
  /** Ids of private things that may be seen. */
  shown: readonly string[];
  onChange(picture: Picture): void;
  onDone(): void;
}

/** Draws on a picture and paints over what nobody should see. */
export function PictureEditor({ picture, shown, onDone }: PictureEditorParts) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) drawPicture(canvas.current, picture, new Set(shown));
  }, [picture, shown]);
  return (
    <div class="cap-editor">
      <canvas ref={canvas} />
      <button type="button" class="button" onClick={onDone}>
        Done
      </button>
    </div>
  );
}
