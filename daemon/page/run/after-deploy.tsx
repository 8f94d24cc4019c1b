import type { Run } from '#shared/run.ts';
import { Card } from '../card.tsx';
import { followLink } from '../navigation.ts';
import { ReleaseWatch } from '../release-watch.tsx';
import { pathOf, type Route } from '../route.ts';
import { useDoor } from '../session-context.ts';

/** How production does since the change of this run is live. */
export function AfterDeploy({ run }: { run: Run }) {
  const wanted = run.state === 'merged' && run.releaseId !== undefined;
  const { value } = useDoor('listReleases', wanted ? { query: { limit: 100 } } : undefined);
  const release = value?.releases.find(({ id }) => id === run.releaseId);
  if (release?.watch === undefined) return null;
  const releases: Route = { screen: 'releases' };
  return (
    <Card title="After the deploy">
      <ReleaseWatch release={release} />
      {release.watch.state === 'worse' && release.state === 'live' && (
        <a href={pathOf(releases)} onClick={followLink(releases)}>
          Roll back on the Releases page
        </a>
      )}
    </Card>
  );
}
