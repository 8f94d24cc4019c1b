import { ERROR_STATUS } from '#shared/errors.ts';
import type { DoorResult, Handlers } from '../handlers.ts';
import { type DoorParts, mutate, refused } from './parts.ts';

/** The doors by which a person decides about what came from their repository. */
export function upstreamDoors(parts: DoorParts): Pick<Handlers, 'createRelease' | 'takeOverMain'> {
  const { repository, releases, outbox, flags, upstream } = parts;
  const refuse = (code: 'frozen' | 'wrong_state' | 'stale', message: string) => refused({ code, message }, ERROR_STATUS[code]);
  const FROZEN = 'Merging is frozen. An admin lifts the freeze in the settings.';
  const BUSY = 'Commits from your repository are being released already.';

  return {
    async createRelease({ body }, caller) {
      const main = (await repository.head('refs/heads/main'))!;
      return mutate<'createRelease'>(parts, caller, 'main', body, (tx) => {
        if (flags.freeze().on) return refuse('frozen', FROZEN);
        if (upstream.rewritten !== undefined)
          return refuse('frozen', 'main in your repository was rewritten. Decide first whether it is taken over.');
        if (upstream.held?.why === 'conflict')
          return refuse('frozen', `main here and main in your repository cannot be merged: ${upstream.held.detail}. Merge them first.`);
        if (outbox.isOpen('release_upstream')) return refuse('wrong_state', BUSY);
        if (releases.live()?.commit_sha === main && upstream.state !== 'diverged') return refuse('wrong_state', 'main is live already.');
        tx.owe('release_upstream', { asked: true, actor: caller.actor });
        tx.hint('releases');
        return { status: 202, body: JSON.stringify({ main }) };
      });
    },

    takeOverMain({ body }, caller): DoorResult<'takeOverMain'> {
      return mutate(parts, caller, 'main', body, (tx) => {
        if (flags.freeze().on) return refuse('frozen', FROZEN);
        if (upstream.rewritten === undefined) return refuse('wrong_state', 'main in your repository was not rewritten.');
        if (upstream.rewritten.commit !== body.commit)
          return refuse('stale', 'main in your repository has moved since this was shown. Look again and decide again.');
        if (outbox.isOpen('release_upstream')) return refuse('wrong_state', BUSY);
        tx.owe('release_upstream', { takeOver: body.commit, actor: caller.actor });
        tx.hint('status');
        return { status: 202, body: JSON.stringify({ commit: body.commit }) };
      });
    },
  };
}
