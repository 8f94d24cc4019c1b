import { maskedUrl } from '#shared/capture.ts';
import { ask } from '../ask.ts';
import type { Collected, Picture } from './collected.ts';
import { maskText } from './find-secrets.ts';

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
  const picture = await within(options.pictureWithinMs, photograph());
  return picture === undefined ? collected : { ...collected, pictures: [picture] };
}

/** Asks the background for a picture of this tab. */
async function photograph(): Promise<Picture | undefined> {
  const answer = await ask('photograph', {});
  if (!answer.ok || !answer.value.ok) return undefined;
  const source = await decoded(answer.value.picture);
  if (source === undefined) return undefined;
  return { id: 'page', of: 'page', source, crop: { x: 0, y: 0, width: source.width, height: source.height }, marks: [], isOff: false };
}

/** From a data URL, without a request that the page's own rules could refuse. */
async function decoded(dataUrl: string): Promise<ImageBitmap | undefined> {
  const base64 = dataUrl.slice(dataUrl.indexOf(',') + 1);
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  try {
    return await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  } catch {
    return undefined; // larger than the browser can hold
  }
}

function within<T>(ms: number | undefined, work: Promise<T>): Promise<T | undefined> {
  if (ms === undefined) return work;
  return Promise.race([work, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms))]);
}
