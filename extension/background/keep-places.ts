import { browser } from '../browser.ts';
import { ownPlaces, PLACES_PLACE } from '../own-places.ts';
import type { Service } from './service.ts';

/** Keeps where runs may be about pages, for pages to read. The answer looks again, after what was picked changed. */
export function keepPlaces({ daemons, asked }: Pick<Service, 'daemons' | 'asked'>, picked: ReadonlyMap<string, string>): () => void {
  let kept = '';
  const look = () => {
    const places = ownPlaces({ daemons: daemons.get(), asked: asked.get(), picked: picked.keys() });
    const text = JSON.stringify(places);
    if (text === kept) return;
    kept = text;
    browser.storage.local.set({ [PLACES_PLACE]: places }).catch((error: unknown) => {
      kept = ''; // kept with the next change after all
      throw error;
    });
  };
  look();
  daemons.watch(look);
  asked.watch(look);
  return look;
}
