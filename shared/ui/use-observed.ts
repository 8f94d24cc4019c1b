import { useLayoutEffect, useState } from 'preact/hooks';
import type { Observable } from '../observable.ts';

/** The current value of an observable; the component renders again when it changes. */
export function useObserved<T>(source: Observable<T>): T {
  const [, render] = useState({});
  const seen = source.get();
  // Before anything is painted: what a press changes at once is heard by what it pressed.
  useLayoutEffect(() => {
    if (!Object.is(source.get(), seen)) render({});
    return source.watch(() => render({}));
  }, [source]);
  return seen;
}
