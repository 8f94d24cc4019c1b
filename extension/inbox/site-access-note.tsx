import { useEffect, useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { ask } from '../ask.ts';
import { askForSiteAccess, hasSiteAccess, onSiteAccess } from './site-access.ts';
import { WordsNote } from './words-note.tsx';

const WORDS = {
  title: 'The browser does not let Codex Builder into all pages',
  text: 'Where it is not let in, the key opens nothing, no picture can be taken and no daemon can be paired.',
};
const REFUSED = 'Not allowed. The browser’s own settings for extensions have the same switch, under Codex Builder, Permissions.';

/** Whether the overlay may be on every page; undefined until it is known. */
export function useSiteAccess(): boolean | undefined {
  const [isGiven, setGiven] = useState<boolean | undefined>();
  useEffect(() => {
    const look = () => void hasSiteAccess().then(setGiven);
    look();
    return onSiteAccess(look);
  }, []);
  return isGiven;
}

/** The same in the popup. It leads to the options, because a browser may lay its question under the popup, or close that with it. */
export function SiteAccessHint() {
  return (
    <WordsNote words={WORDS} level="warn">
      <Button kind="primary" onClick={() => void ask('open_options', {})}>
        Allow it in the options…
      </Button>
    </WordsNote>
  );
}

/** Says that the extension cannot do its work yet, and the one press that mends it. */
export function SiteAccessNote() {
  const [isRefused, setRefused] = useState(false);
  return (
    <WordsNote words={WORDS} level="warn">
      {isRefused && <p role="status">{REFUSED}</p>}
      {/* Asked in the press itself: after anything else the browser takes it for nobody’s. */}
      <Button kind="primary" onClick={() => void askForSiteAccess().then((isGiven) => setRefused(!isGiven))}>
        Allow on all pages…
      </Button>
    </WordsNote>
  );
}
