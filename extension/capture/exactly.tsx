import { useState } from 'preact/hooks';
import { plainJson } from '#shared/plain-json.ts';
import type { ReadyRequest } from './to-request.ts';

/** The very text and pictures that are sent. A character that would not be seen is written as JSON can say it too. */
export function Exactly({ ready }: { ready: ReadyRequest | undefined }) {
  if (ready === undefined) return <p class="cap-quiet cap-none">One moment…</p>;
  const text = plainJson(ready.request);
  const pictureBytes = ready.pictures.reduce((sum, base64) => sum + Math.floor((base64.length * 3) / 4), 0);
  const pictures = ready.pictures.length === 1 ? '1 picture' : `${ready.pictures.length} pictures`;
  return (
    <details class="cap-exactly">
      <summary>
        Exactly what is sent: {sizeOf(new TextEncoder().encode(JSON.stringify(ready.request)).length)}
        {ready.pictures.length > 0 && ` and ${pictures}, ${sizeOf(pictureBytes)}`}
      </summary>
      <pre tabindex={0}>{text}</pre>
      {ready.pictures.map((base64, index) => (
        <SentPicture key={index} base64={base64} number={index + 1} />
      ))}
    </details>
  );
}

/** The very bytes that are sent, drawn; an image element could be refused by the page's rules. */
function SentPicture({ base64, number }: { base64: string; number: number }) {
  const [problem, setProblem] = useState(false);
  const draw = (canvas: HTMLCanvasElement | null) => {
    if (!canvas) return;
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    void createImageBitmap(new Blob([bytes])).then(
      (image) => {
        canvas.width = image.width;
        canvas.height = image.height;
        canvas.getContext('2d')?.drawImage(image, 0, 0);
      },
      () => setProblem(true),
    );
  };
  return problem ? (
    <p class="cap-problem">Picture {number} cannot be shown.</p>
  ) : (
    <canvas ref={draw} class="cap-sent" role="img" aria-label={`Picture ${number} as it is sent`} />
  );
}

const sizeOf = (bytes: number) =>
  bytes < 1_000 ? `${bytes} bytes` : bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
