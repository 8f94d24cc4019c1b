import type { Parts, RunHandler } from './parts.ts';

/** Brings the person's repository along after main moved, or leaves it and says why. */
export const followUpstream =
  ({ repository, upstream }: Parts): RunHandler =>
  async (_run, context) => {
    const followed = await repository.bringUpstreamAlong(context.signal);
    const detail = followed.why ?? (followed.state === 'offline' ? followed.detail : undefined);
    upstream.state = followed.state;
    upstream.detail = detail;
    context.finish({
      type: 'report_upstream',
      state: followed.checkout === 'left' ? 'left' : followed.state,
      ...(detail === undefined ? {} : { detail }),
    });
    return 'done';
  };
