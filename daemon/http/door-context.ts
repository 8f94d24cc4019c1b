import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Clock } from '../ports.ts';
import type { CallParts } from './call-door.ts';
import type { Admitted } from './guard.ts';
import type { DoorStore } from './handlers.ts';
import type { HttpLimits } from './limits.ts';

/** What every route of a listening door has in hand. */
export interface DoorContext extends CallParts {
  port: number;
  store: DoorStore;
  clock: Clock;
  limits: HttpLimits;
  /** Notes that a device was seen. */
  touch(deviceId: string): void;
}

/** Hono's environment: each request comes with what the guard found. */
export interface DoorEnv {
  Bindings: HttpBindings & { admitted: Admitted; requestId: string; traceId: string };
}

export type DoorRequest = Context<DoorEnv>;
