import type { Parts, RunHandler } from './parts.ts';
import { seeUpstream } from './see-upstream.ts';

/** Brings the person's repository along after main moved, or leaves it and says why. */
export const followUpstream =
  (parts: Parts): RunHandler =>
  async (_run, context) => {
    const followed = await parts.repository.bringUpstreamAlong(context.signal);
    const detail = followed.why ?? (followed.state === 'offline' ? followed.detail : undefined);
    seeUpstream(parts, followed);
    context.finish({
      type: 'report_upstream',
      state: followed.checkout === 'left' ? 'left' : followed.state,
      ...(detail === undefined ? {} : { detail }),
    });
    return 'done';
  };
