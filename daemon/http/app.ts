import { Hono } from 'hono';
import { mountArtifacts } from './artifacts.ts';
import type { DoorContext, DoorEnv } from './door-context.ts';
import { mountEventStream } from './event-stream.ts';
import { mountHealth } from './health.ts';
import { mountMetrics } from './metrics.ts';
import { mountDoors } from './mount.ts';
import { mountOpenApi } from './openapi.ts';
import { mountPage } from './page.ts';
import { internalRefusal, noRoute, refusal } from './problem.ts';
import { refuseRequest } from './sign-in.ts';

export interface DoorApp {
  fetch: Hono<DoorEnv>['fetch'];
  /** Ends every event stream. */
  endStreams(): void;
}

/** All routes, behind a guard that has already admitted the request. */
export function createApp(context: DoorContext, pageFolder: string): DoorApp {
  const app = new Hono<DoorEnv>();
  mountDoors(app, context);
  mountArtifacts(app, context);
  const endStreams = mountEventStream(app, context);
  mountPage(app, pageFolder, context.port);
  mountHealth(app, context.store);
  mountMetrics(app, context);
  mountOpenApi(app, context.port);
  app.get('/ws', (c) => refuseRequest(c, refusal('bad_request', 'This is a WebSocket; ask for an upgrade.')));
  app.notFound((c) => refuseRequest(c, noRoute(c.env.admitted.method, c.env.admitted.path)));
  app.onError((error, c) => {
    context.log('error', 'a route failed', { path: c.env.admitted.path, requestId: c.env.requestId, detail: error.stack ?? error.message });
    return refuseRequest(c, internalRefusal());
  });
  return { fetch: app.fetch, endStreams };
}
