import type { Mark, Picture } from './collected.ts';

/** Seen on light pages and on dark ones. */
const COVER = '#5b606c';
const COVER_EDGE = '#a9aeb9';
const INK = '#e5352b';

/** Draws a picture as it is sent: cropped, with what is private painted over for good and with what was drawn. */
export function drawPicture(canvas: HTMLCanvasElement, picture: Picture, shown: ReadonlySet<string>): void {
  const { crop, source } = picture;
  canvas.width = Math.max(1, Math.round(crop.width));
  canvas.height = Math.max(1, Math.round(crop.height));
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  pen.drawImage(source, crop.x, crop.y, crop.width, crop.height, 0, 0, canvas.width, canvas.height);
  pen.translate(-crop.x, -crop.y);
  // Covers last: nothing drawn may be seen through, and nothing private may lie on top of a cover.
  for (const mark of picture.marks) if (mark.kind !== 'cover') drawMark(pen, mark, source.width);
  const covers = picture.marks.flatMap((mark) =>
    mark.kind === 'cover' && (mark.secret === undefined || !shown.has(mark.secret)) ? [mark.box] : [],
  );
  for (const [colour, edge] of [
    [COVER_EDGE, 1],
    [COVER, 0],
  ] as const) {
    pen.fillStyle = colour;
    for (const { x, y, width, height } of covers)
      pen.fillRect(Math.floor(x) - edge, Math.floor(y) - edge, Math.ceil(width) + 1 + 2 * edge, Math.ceil(height) + 1 + 2 * edge);
  }
}

function drawMark(pen: CanvasRenderingContext2D, mark: Exclude<Mark, { kind: 'cover' }>, sourceWidth: number): void {
  pen.strokeStyle = INK;
  pen.lineWidth = Math.max(3, sourceWidth / 400);
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  pen.beginPath();
  if (mark.kind === 'frame') {
    pen.rect(mark.box.x, mark.box.y, mark.box.width, mark.box.height);
  } else if (mark.kind === 'line') {
    for (const { x, y } of mark.points) pen.lineTo(x, y);
  } else {
    const angle = Math.atan2(mark.to.y - mark.from.y, mark.to.x - mark.from.x);
    const head = pen.lineWidth * 5;
    pen.moveTo(mark.from.x, mark.from.y);
    pen.lineTo(mark.to.x, mark.to.y);
    for (const turn of [-0.5, 0.5]) {
      pen.moveTo(mark.to.x, mark.to.y);
      pen.lineTo(mark.to.x - head * Math.cos(angle + turn), mark.to.y - head * Math.sin(angle + turn));
    }
  }
  pen.stroke();
}

/** As much as is sent of one picture, in base64 characters; the daemon takes 20 MB. */
const MAX_BASE64 = 20_000_000;
const MAX_SIDE = 4_096;

/** Base64 of the picture that is sent: a PNG, or when that is too large a JPEG, smaller and smaller until it fits. */
export async function burned(picture: Picture, shown: ReadonlySet<string>): Promise<string> {
  const canvas = document.createElement('canvas');
  drawPicture(canvas, picture, shown);
  const largest = Math.max(canvas.width, canvas.height);
  const full = largest > MAX_SIDE ? scaled(canvas, MAX_SIDE / largest) : canvas;
  const png = base64Of(full.toDataURL('image/png'));
  if (png.length <= MAX_BASE64) return png;
  for (let factor = 1; ; factor /= 2) {
    const jpeg = base64Of(scaled(full, factor).toDataURL('image/jpeg', 0.85));
    if (jpeg.length <= MAX_BASE64) return jpeg;
  }
}

/** The same, small: for a list. */
export function drawThumbnail(canvas: HTMLCanvasElement, picture: Picture, shown: ReadonlySet<string>, side: number): void {
  const full = document.createElement('canvas');
  drawPicture(full, picture, shown);
  const factor = Math.min(1, side / Math.max(full.width, full.height));
  canvas.width = Math.max(1, Math.round(full.width * factor));
  canvas.height = Math.max(1, Math.round(full.height * factor));
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(full, 0, 0, canvas.width, canvas.height);
}

const base64Of = (dataUrl: string) => dataUrl.slice(dataUrl.indexOf(',') + 1);

function scaled(from: HTMLCanvasElement, factor: number): HTMLCanvasElement {
  if (factor === 1) return from;
  const to = document.createElement('canvas');
  to.width = Math.max(1, Math.round(from.width * factor));
  to.height = Math.max(1, Math.round(from.height * factor));
  to.getContext('2d')?.drawImage(from, 0, 0, to.width, to.height);
  return to;
}
