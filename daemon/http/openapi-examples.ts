import type { API, DoorBody, DoorName } from '#shared/api.ts';

type WithBody = { [N in DoorName]: (typeof API)[N] extends { body: unknown } ? N : never }[DoorName];

const COMMIT = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A body that each door takes, as a reader of the document would send it. */
export const BODY_EXAMPLES: { readonly [N in WithBody]: DoorBody<N> } = {
  createRun: {
    prompt: 'Make the heading say Welcome.',
    context: { url: 'http://app.localhost:4401/', title: 'Start', elements: [{ selector: 'main > h1', text: 'Hello' }] },
    priority: 'normal',
  },
  previewBrief: { prompt: 'Make the heading say Welcome.' },
  cancelRun: {},
  approveRun: { headCommit: COMMIT, confirm: { migrations: true } },
  rejectRun: { reason: 'The heading is too long for a phone.' },
  retryRun: {},
  reviseRun: { comments: [{ file: 'index.html', line: 3, text: 'Shorter.' }], text: 'Fewer words, please.' },
  revertRun: {},
  restoreRun: {},
  applyRun: {},
  sendMessage: { text: 'Keep the colours as they are.' },
  archiveRun: { archived: true },
  markRun: { seen: 12 },
  sendDraft: { prompt: 'Do the same on the contact page.' },
  dismissDraft: {},
  replaceSlot: {},
  createRelease: {},
  takeOverMain: { commit: COMMIT },
  rollback: { reason: 'Errors on the start page.' },
  putFlags: { freeze: true },
  findSources: { elements: [{ selector: 'main > h1', text: 'Hello' }] },
  pair: { code: 'ABCD-EFGH', name: 'Firefox on my desk', kind: 'page' },
  createPairCode: { user: 'ada', role: 'approver' },
};
