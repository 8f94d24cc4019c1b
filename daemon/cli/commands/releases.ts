import type { Handler } from '../command.ts';
import { door, limitOf, linesOf, word } from '../door.ts';
import { isReleaseTarget, releaseLine } from '../lines.ts';
import { UsageError } from '../outcome.ts';

export const releases: Handler<'releases'> = door(
  ({ client, flags }) => client.call('listReleases', { query: limitOf(flags) }),
  (reply) => linesOf(reply.releases.map(releaseLine), 'No releases yet.'),
);

export const rollback: Handler<'rollback'> = door(
  ({ client, words, flags }) => {
    const id = word(words, 'release');
    if (!isReleaseTarget(id)) throw new UsageError(`"${id}" is no release.`);
    return client.call('rollback', {
      params: { id },
      body: { ...(flags.reason === undefined ? {} : { reason: flags.reason }), ...(flags.force === true ? { force: true } : {}) },
    });
  },
  ({ release }) => `${releaseLine(release)}\n`,
);
