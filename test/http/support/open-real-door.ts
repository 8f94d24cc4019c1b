import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { onTestFinished } from 'vitest';
import { socketKey } from '#shared/pairing.ts';
import { createDoorStore } from '../../../daemon/http/door-store.ts';
import type { DoorParts } from '../../../daemon/http/doors/parts.ts';
import type { HttpLimits } from '../../../daemon/http/limits.ts';
import { createHttp } from '../../../daemon/http/server.ts';
import { type OpenedStore, type StoreSettings, temporaryStore } from '../../store/temporary-store.ts';
import { cannedHandlers } from './canned-handlers.ts';
import { clock, ids } from './open-door.ts';

export const SECRET = 'ab'.repeat(32);
const WATCHER = `dev_${'7'.repeat(26)}`;

/** A listening door over a real store with one device; opened again over the same folder it is a daemon that was started again. */
export async function openRealDoor(settings: StoreSettings, limits: Partial<HttpLimits> = {}) {
  const store: OpenedStore = temporaryStore(settings);
  const key = await socketKey(SECRET);
  store.ledger.act({ actor: 'test', action: 'pair', subject: WATCHER, traceId: 't', payload: {} }, (tx) => {
    store.devices.addUser({ id: 'usr_1', name: 'watcher', role: 'viewer', at: tx.now });
    if (store.devices.byId(WATCHER) !== undefined) return;
    const secretHash = createHash('sha256').update(SECRET, 'ascii').digest('hex');
    const userId = store.devices.user('watcher')!.id;
    store.devices.add({ id: WATCHER, userId, name: 'test', kind: 'page', secretHash, socketKey: key, at: tx.now });
  });
  const probes = { readiness: async () => ({ ready: true, parts: [] }), metrics: () => '' };
  const http = createHttp({
    port: 0,
    handlers: cannedHandlers([]),
    store: createDoorStore({ ...store, clock } as unknown as DoorParts, probes),
    clock,
    ids,
    log: () => {},
    pageFolder: tmpdir(),
    limits,
    checkReplies: true,
  });
  const started = await http.start();
  if (!started.ok) throw new Error(started.detail);
  let open = true;
  const stop = async () => {
    if (open) await http.stop();
    open = false;
    store.close();
  };
  onTestFinished(stop);
  return { port: started.port, store, stop, identity: { port: started.port, deviceId: WATCHER, secretHex: SECRET } };
}
