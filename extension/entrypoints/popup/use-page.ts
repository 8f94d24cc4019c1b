import { useEffect, useState } from 'preact/hooks';
import { useObserved } from '#shared/ui/use-observed.ts';
import type { Inbox } from '../../inbox/inbox-store.ts';
import type { OpenedOn } from '../../inbox/page-source.ts';
import type { Sight } from '../../messages.ts';

export interface PageParts {
  inbox: Inbox;
  watchPage(then: (on: OpenedOn) => void): () => void;
  sightOf(url: string): Promise<Sight | undefined>;
}

/** The page this was opened on, and which runs are about it. */
export function usePage({ inbox, watchPage, sightOf }: PageParts): OpenedOn {
  const [on, setOn] = useState<OpenedOn>({});
  const { daemons } = useObserved(inbox.view);
  useEffect(() => watchPage(setOn), []);
  useEffect(() => {
    let isMeant = true;
    void (on.url === undefined ? Promise.resolve(undefined) : sightOf(on.url)).then((sight) => isMeant && inbox.setSight(sight));
    return () => {
      isMeant = false;
    };
  }, [on.url, daemons]);
  return on;
}
