import { maskedUrl } from '#shared/capture.ts';
import type { Collected } from './collected.ts';
import { maskText } from './find-secrets.ts';
import { type Cover, type Photo, photograph } from './photograph.ts';

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
    url: maskText(maskedUrl(location.href)),
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

/** The page again, with whatever of ours covers it out of the way meanwhile. What was drawn on the picture before is gone. */
export async function photographAgain(collected: Collected, cover: Cover): Promise<Collected> {
  const photo = await photograph('page', { cover });
  const { pictureProblem: _gone, ...rest } = collected;
  const others = collected.pictures.filter(({ of }) => of !== 'page');
  return photo.ok
    ? { ...rest, pictures: [photo.picture, ...others] }
    : { ...rest, pictures: collected.pictures, pictureProblem: photo.message };
}

function within(ms: number | undefined, work: Promise<Photo>): Promise<Photo> {
  if (ms === undefined) return work;
  const late: Photo = { ok: false, message: 'The picture took too long. Take it again.' };
  return Promise.race([work, new Promise<Photo>((resolve) => setTimeout(() => resolve(late), ms))]);
}
