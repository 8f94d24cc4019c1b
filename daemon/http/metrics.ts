import type { Hono } from 'hono';
import type { DoorContext, DoorEnv } from './door-context.ts';
import { signIn } from './sign-in.ts';

/** `/metrics` in Prometheus text, for a scraper with a viewer's token. */
export function mountMetrics(app: Hono<DoorEnv>, context: DoorContext): void {
  app.get('/metrics', (c) => {
    const found = signIn(c, context, 'metrics', 'viewer');
    if (!found.ok) return found.response;
    return c.body(context.store.metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
}
