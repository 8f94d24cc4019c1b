import type { Handlers } from '../handlers.ts';
import type { DoorParts } from './parts.ts';

/** Longer than any search takes; the finder bounds itself. */
const MAX_MS = 10_000;

/** The door that says where elements are in the code on main, before a request is sent. */
export function sourceDoor({ repository, sources }: Pick<DoorParts, 'repository' | 'sources'>): Pick<Handlers, 'findSources'> {
  return {
    async findSources({ body }) {
      const commit = await repository.head('main');
      if (commit === undefined) return { ok: false, code: 'wrong_state', message: 'There is no main to look in.' };
      return { ok: true, body: await sources.find({ commit, elements: body.elements, signal: AbortSignal.timeout(MAX_MS) }) };
    },
  };
}
