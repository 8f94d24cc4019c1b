/** So long a picture may keep the box from showing. */
const PICTURE_WITHIN_MS = 300;

/** The time before the box shows, in which the page is as the person sees it. */
export interface PictureMoment {
  /** The browser has the picture, or gives none: the box may show. */
  over(): void;
  /** The box shows already or was closed, so that what the browser gives now may have it in it. */
  isOver(): boolean;
  /** The box was closed before it ever showed. */
  drop(): void;
}

/** Begins now, and ends by itself when the picture takes too long; `show` is called once, unless it was dropped. */
export function openMoment(show: () => void): PictureMoment {
  let isOver = false;
  const end = (then?: () => void) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(late);
    then?.();
  };
  const late = setTimeout(() => end(show), PICTURE_WITHIN_MS);
  return { over: () => end(show), isOver: () => isOver, drop: () => end() };
}
