import { type Observable, openObservable } from '#shared/observable.ts';
import { collect, photographFirst, withPhoto } from '../../capture/collect.ts';
import type { Collected, Picture } from '../../capture/collected.ts';
import { type Photo, photograph } from '../../capture/photograph.ts';
import { startPicker, withPicked } from '../../capture/pick.ts';
import type { Shell } from '../contract.ts';
import type { PictureMoment } from '../picture-moment.ts';

export interface CaptureState {
  collected?: Collected;
  /** What of it stands open below the prompt: all of it, or one picture to draw on. */
  shown?: 'payload' | { picture: string };
  isTaking: boolean;
}

/** What goes along with the prompt: taken, looked at and changed here. */
export interface CaptureDesk {
  state: Observable<CaptureState>;
  /** Reads again where the person is; what they picked and took stays. */
  refresh(): Promise<void>;
  pick(): void;
  /** The box is closed: pointer and keys are the page's again. */
  stopPicking(): void;
  takePicture(): Promise<void>;
  /** The same before anything of ours shows. One that the person drew on is kept. */
  takeFirst(moment: PictureMoment): void;
  change(collected: Collected): void;
  changePicture(picture: Picture): void;
  show(shown: CaptureState['shown']): void;
  /** Closes the innermost of what stands open and answers whether there was one. */
  close(): boolean;
  /** What was collected, for a request; the next begins anew. */
  take(): Promise<Collected>;
  /** Back where it was: the request was not taken. */
  putBack(collected: Collected): void;
}

export function openCaptureDesk(shell: Shell): CaptureDesk {
  const state = openObservable<CaptureState>({ isTaking: false });
  const change = (part: Partial<CaptureState>) => state.set({ ...state.get(), ...part });

  async function refresh(): Promise<void> {
    const { url, title, viewport, ...rest } = await collect({ withoutPicture: true });
    change({ collected: { ...rest, ...state.get().collected, url, title, viewport } });
  }

  let stopPicking = () => {};

  function pick(): void {
    const { layer, end } = shell.showLayer();
    const already = state.get().collected?.elements ?? [];
    const onPick: Parameters<typeof startPicker>[0]['onPick'] = (picked) => {
      const { collected } = state.get();
      if (collected) change({ collected: withPicked(collected, picked) });
    };
    stopPicking = startPicker({ layer, already, onPick, onEnd: end });
  }

  /** The picture that is on its way: a request waits for it, so that it goes along with that one and not with the next. */
  let taking: Promise<void> = Promise.resolve();

  async function finish(photo: Promise<Photo>): Promise<void> {
    const taken = await photo;
    const { collected } = state.get();
    change({ isTaking: false, ...(collected && { collected: withPhoto(collected, taken) }) });
  }

  async function takePicture(): Promise<void> {
    const { collected, isTaking } = state.get();
    if (!collected || isTaking) return;
    change({ isTaking: true });
    const cover = { hide: () => shell.setUnseen(true), show: () => shell.setUnseen(false) };
    taking = finish(photograph('page', { cover, ours: shell.shadow.host }));
    await taking;
  }

  function takeFirst(moment: PictureMoment): void {
    const isDrawnOn = ({ of, marks }: Picture) => of === 'page' && marks.some((mark) => mark.kind !== 'cover' || mark.secret === undefined);
    if (state.get().collected?.pictures.some(isDrawnOn)) {
      moment.over();
      return;
    }
    const photo = photographFirst(moment, shell.shadow.host);
    taking = refresh().then(() => finish(photo));
  }

  return {
    state,
    takeFirst,
    refresh,
    pick,
    stopPicking: () => stopPicking(),
    takePicture,
    change: (collected) => change({ collected }),
    changePicture(picture) {
      const { collected } = state.get();
      if (!collected) return;
      change({ collected: { ...collected, pictures: collected.pictures.map((each) => (each.id === picture.id ? picture : each)) } });
    },
    show: (shown) => change({ shown }),
    close() {
      const { shown } = state.get();
      if (shown === undefined) return false;
      change({ shown: shown === 'payload' ? undefined : 'payload' });
      shell.focusPrompt();
      return true;
    },
    async take() {
      await taking;
      if (!state.get().collected) await refresh();
      const collected = state.get().collected!;
      state.set({ isTaking: false });
      void refresh();
      return collected;
    },
    putBack: (collected) => change({ collected }),
  };
}
