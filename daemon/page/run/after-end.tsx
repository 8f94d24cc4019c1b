import type { Run } from '#shared/run.ts';
import { Button } from '../button.tsx';
import { addToDraft } from '../draft.ts';
import { followLink, goTo } from '../navigation.ts';
import { pathOf, type Route } from '../route.ts';

/** The way on from an ended run: to its release, or to the same words, for a person to change and send. */
export function AfterEnd({ run }: { run: Run }) {
  const releases: Route = { screen: 'releases' };
  if (run.state === 'merged') {
    return (
      <section class="decision" aria-label="Decision">
        <a class="button button-plain" href={pathOf(releases)} onClick={followLink(releases)}>
          Releases and rollback
        </a>
      </section>
    );
  }
  return (
    <section class="decision" aria-label="Decision">
      <Button
        title="Puts the words of this request into the request box"
        onClick={() => {
          addToDraft(run.prompt, run.route);
          goTo({ screen: 'runs' });
        }}
      >
        Ask again…
      </Button>
    </section>
  );
}
