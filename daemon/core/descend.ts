import type { Capture } from '#shared/capture.ts';
import type { Relation, ReviewComments, RunRequest } from '#shared/run.ts';
import type { Descent, PersonCommand } from './commands.ts';
import type { Run } from './run.ts';

export interface Parentage {
  parent: Run;
  context?: Capture;
  relation: Relation;
  /** What the reviewer wants changed; of a revision. */
  comments?: ReviewComments;
  /** Begin from the conflicts with today's main. */
  resolve?: boolean;
  /** Commit that took the parent's merge back, when it was reverted. */
  revertedBy?: string;
  demo: boolean;
}

/**
 * The request that makes a child run of `parent` (SPEC 1.6, 18 Run). A retry
 * asks for the same again; a revision goes on from the parent's commit in its
 * thread; a revert takes the parent's merge back; a restore brings the parent's commit into a slot.
 */
export function descend(given: Parentage): Extract<PersonCommand, { type: 'request_run' }> {
  const { parent, context } = given;
  const request: RunRequest = {
    prompt: parent.prompt,
    ...(context === undefined ? {} : { context }),
    priority: parent.priority,
    ...(parent.agent === undefined ? {} : { agent: parent.agent }),
    ...(parent.files === undefined ? {} : { files: parent.files }),
    ...(parent.map === undefined ? {} : { map: parent.map }),
    ...(parent.constraints === undefined ? {} : { constraints: parent.constraints }),
    ...(parent.safeMode === undefined ? {} : { safeMode: true }),
    parentRunId: parent.id,
  };
  return { type: 'request_run', request, demo: given.demo, descent: descentOf(given) };
}

function descentOf({ parent, relation, comments, resolve, revertedBy }: Parentage): Descent {
  const commit = { kind: 'commit' as const, commit: parent.headCommit!, base: parent.baseCommit! };
  switch (relation) {
    case 'retry':
      return { relation, title: parent.title };
    case 'restore':
      return { relation, title: parent.title, start: commit, ...(parent.answer === undefined ? {} : { answer: parent.answer }) };
    case 'revert':
      return { relation, title: `Revert: ${parent.title}`.slice(0, 80), start: { kind: 'undo', commit: parent.mergeCommit! } };
    case 'revision': {
      const start =
        revertedBy !== undefined
          ? { kind: 'undo' as const, commit: revertedBy }
          : parent.headCommit === undefined
            ? undefined
            : resolve === true || parent.reason?.code === 'MERGE_CONFLICT'
              ? { kind: 'resolve' as const, head: parent.headCommit }
              : commit;
      return {
        relation,
        title: parent.title,
        ...(start === undefined ? {} : { start }),
        thread: { home: parent.threadHome, ...(parent.threadId === undefined ? {} : { id: parent.threadId }) },
        ...(comments === undefined ? {} : { comments }),
      };
    }
  }
}
