import { expect, test } from 'vitest';
import type { ProductionSeen } from '../../daemon/core/production-seen.ts';
import { seeProduction } from '../../daemon/effects/see-production.ts';
import { realIds } from '../gateway/parts.ts';
import { temporaryStore } from '../store/temporary-store.ts';

const LIVE = { releaseId: 'rel_1', port: 1, pid: 7, running: true, startedAt: 5, restarts: 0 };

test('what changed is told once, with what people look at; what did not is not told', () => {
  const store = temporaryStore();
  const production: ProductionSeen = {};
  const hints: string[] = [];
  store.ledger.subscribe((publication) => hints.push(publication.hints.join(' ')));
  const see = (state: Partial<Parameters<typeof seeProduction>[1]>) =>
    seeProduction({ ...store, production, ids: realIds }, { generation: 1, releases: [], ...state });

  see({});
  expect(hints).toEqual([]);
  see({ live: LIVE });
  see({ live: LIVE, generation: 2, releases: [{ releaseId: 'rel_1', pid: 7, port: 1, running: true, inFlight: 3 }] });
  expect(hints).toEqual(['status releases']);
  expect(production).toEqual({ live: { releaseId: 'rel_1', running: true, startedAt: 5, restarts: 0 } });
  see({ live: { ...LIVE, running: false }, cutOff: { times: 1, at: 2 } });
  expect(production).toMatchObject({ live: { running: false }, cutOff: { times: 1, at: 2 } });
  see({});
  expect(production).toEqual({});
  expect(hints).toHaveLength(3);
});
