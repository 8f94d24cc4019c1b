import { maskedUrl } from '#shared/route.ts';
import type { Collected } from './collected.ts';
import { maskLink, maskText } from './find-secrets.ts';
import { type Photo, photograph } from './photograph.ts';

/*
 * How the overlay uses this folder:
 *   collect()          before anything of ours shows           → Collected
 *   startPicker()      draws into the overlay's layer           → withPicked(collected, picked)     (pick.ts)
 *   <PayloadView>      what will be sent, to look at and change → another Collected                 (payload-view.tsx)
 *   <PictureEditor>    draw on one picture, paint parts over    → another Picture                   (picture-editor.tsx)
 *   toRequest()        exactly what is sent                     → the body of the message `submit`  (to-request.ts)
 * The styles of both pieces are in capture.css.
 */

/** What `collect` may be asked for. */
export interface CollectOptions {
  /** Takes no picture. */
  withoutPicture?: boolean;
  /** Gives the picture up after so long, so that an overlay never waits for it. Without it the browser's own time counts. */
  pictureWithinMs?: number;
}

/**
 * Takes what is at hand of the page, before anything of ours shows on it: the picture is of what the
 * person sees now. Never throws and never waits for the page.
 */
export async function collect(options: CollectOptions = {}): Promise<Collected> {
  const { innerWidth: width, innerHeight: height, devicePixelRatio: scale, scrollX, scrollY } = window;
  const collected: Collected = {
    url: maskLink(maskedUrl(location.href)),
    title: maskText(document.title.slice(0, 1_000)),
    viewport: { width, height, scale, scrollX: Math.round(scrollX), scrollY: Math.round(scrollY) },
    elements: [],
    pictures: [],
    console: [],
    failedRequests: [],
    switches: { page: true, title: true, viewport: true, console: false, failedRequests: false },
    shown: [],
  };
  if (options.withoutPicture === true) return collected;
  const photo = await within(options.pictureWithinMs, photograph('page'));
  return photo.ok ? { ...collected, pictures: [photo.picture] } : { ...collected, pictureProblem: photo.message };
}

/** What was said when a picture came too late to be of the page alone. */
const TOO_LATE: Photo = { ok: false, message: 'The picture took too long. Take it again.' };

/** The page as it is before anything of ours shows on it; `moment` says how long that is so. */
export async function photographFirst(moment: { over(): void; isOver(): boolean }, ours: Element): Promise<Photo> {
  if (moment.isOver()) return TOO_LATE;
  let isLate = false;
  const onTaken = () => {
    isLate = moment.isOver();
    moment.over();
  };
  const photo = await photograph('page', { ours, onTaken });
  return isLate ? TOO_LATE : photo;
}

/** Puts a picture of the page in the place of the one before. */
export function withPhoto(collected: Collected, photo: Photo): Collected {
  const { pictureProblem: _gone, ...rest } = collected;
  const others = collected.pictures.filter(({ of }) => of !== 'page');
  return photo.ok ? { ...rest, pictures: [photo.picture, ...others] } : { ...rest, pictureProblem: photo.message };
}

function within(ms: number | undefined, work: Promise<Photo>): Promise<Photo> {
  if (ms === undefined) return work;
  return Promise.race([work, new Promise<Photo>((resolve) => setTimeout(() => resolve(TOO_LATE), ms))]);
}
