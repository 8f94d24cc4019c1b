import type { Parts, RunHandler } from './parts.ts';
import { seedRequest } from './seed-request.ts';

/** Puts a fresh copy of the seed into the slot. */
export const resetPreviewData =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    const at = await parts.settingsAt(run.baseCommit!);
    if (!at.ok) throw new Error('the settings of the base were valid a moment ago');
    const log = context.openLog('data');
    const request = await seedRequest(parts, run, at.settings, log, context.signal);
    const reset = await parts.previewData.reset(request);
    await log.close();
    if (reset.ok) context.finish({ type: 'report_data', fence: run.fence!, seedVersion: reset.seedVersion, kind: request.kind });
    else if (!context.signal.aborted) context.finish({ type: 'report_failed', reason: 'PREVIEW_DATA_FAILED', detail: reset.detail });
    return 'done';
  };
