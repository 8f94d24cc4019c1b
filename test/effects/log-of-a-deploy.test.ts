import { expect, test } from 'vitest';
import { deployRelease } from '../../daemon/effects/deploy.ts';
import type { Parts } from '../../daemon/effects/parts.ts';
import { rollBack } from '../../daemon/effects/roll-back.ts';
import { releaseIdOf, temporaryStore } from '../store/temporary-store.ts';

const COMMIT = 'a'.repeat(40);

/** A store with a live release and one that is being prepared, and a gateway that is gone. */
function open(kind: 'first' | 'rollback') {
  const store = temporaryStore();
  const [before, live, next] = [releaseIdOf(1), releaseIdOf(2), releaseIdOf(3)];
  store.ledger.act({ actor: 'ada', action: 'test', subject: 'releases', traceId: 't', payload: {} }, () => {
    for (const id of [before, live]) {
      store.releases.add({ id, commit: COMMIT, kind: 'upstream', title: 'earlier', actor: 'ada', at: 1 });
      store.releases.setMigrations(id, 'none', null);
      store.releases.markLive(id, 2);
    }
    store.releases.add({
      id: next,
      commit: COMMIT,
      kind,
      title: 'two',
      actor: 'ada',
      at: 3,
      ...(kind === 'rollback' ? { target: before } : {}),
    });
  });
  const gone = () => Promise.reject(new Error('the gateway is gone'));
  const parts = {
    ...store,
    log: () => {},
    ids: { next: () => 'x', randomHex: () => 'trace' },
    deployer: { live: gone },
    repository: { diff: async () => [] },
    settingsAt: async () => ({ ok: false, problems: ['none'] }),
  } as unknown as Parts;
  return { store, parts, next };
}

test.each([
  ['first', deployRelease],
  ['rollback', rollBack],
] as const)('the log of a %s whose gateway is gone is finished each time it is tried', async (kind, handler) => {
  const { store, parts, next } = open(kind);
  const effect = { id: 1, type: 'deploy', payload: { releaseId: next, force: true }, tries: 1, interrupted: false } as const;
  for (const _try of [1, 2]) await expect(handler(parts)(effect, new AbortController().signal)).rejects.toThrow('the gateway is gone');
  expect(store.logs.list(next)).toMatchObject([{ name: 'deploy', finished: true }]);
});
