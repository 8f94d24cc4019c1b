import type { Relation } from '../run.ts';

const RELATIONS: Readonly<Record<Relation, { name: string; of: string }>> = {
  retry: { name: 'Retry', of: 'Retry of' },
  revision: { name: 'Revision', of: 'Revision of' },
  revert: { name: 'Revert', of: 'Takes back' },
  restore: { name: 'Restored', of: 'Restored from' },
};

/** How a run came from its parent: by name, and before the parent's title. */
export function relationWords(relation: Relation | undefined): { name: string; of: string } {
  return relation ? RELATIONS[relation] : { name: 'Follow-up', of: 'Follows from' };
}
