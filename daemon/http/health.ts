import type { Hono } from 'hono';
import type { DoorEnv } from './door-context.ts';
import type { DoorStore } from './handlers.ts';

/** `/healthz`: the process answers. `/readyz`: what it needs to do its work is there, part by part. Neither needs a sign-in. */
export function mountHealth(app: Hono<DoorEnv>, store: Pick<DoorStore, 'readiness'>): void {
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.get('/readyz', async (c) => {
    const readiness = await store.readiness();
    return c.json(readiness, readiness.ready ? 200 : 503);
  });
}
