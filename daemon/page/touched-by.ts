import type { DoorName } from '#shared/api.ts';
import type { RunEvent } from '#shared/run.ts';

/** Doors below a run whose reply an event of it may have changed, by the first word of its type. */
const BY_SUBJECT: Readonly<Record<string, readonly DoorName[]>> = {
  attempt: ['getCommands'],
  patch: ['getDiff', 'getCommands'],
  snapshot: ['getDiff', 'getCommands'],
  check: ['getChecks'],
  checks: ['getChecks'],
  smoke: ['getChecks', 'getPreview'],
  gate: ['getChecks'],
  candidate: ['getChecks'],
  merge: ['getChecks'],
  preview: ['getPreview', 'getChecks'],
  data: ['getPreview'],
  slot: ['getPreview'],
  review: ['getDiff', 'getChecks', 'getCommands', 'getPreview'],
  run: ['getDiff', 'getChecks', 'getCommands', 'getPreview'],
};

/** Which doors of the run an event makes stale; the run itself always is. */
export function touchedBy(type: RunEvent['type']): readonly DoorName[] {
  const subject = type.split('.', 1)[0]!;
  return ['getRun', ...(Object.hasOwn(BY_SUBJECT, subject) ? BY_SUBJECT[subject]! : [])];
}
