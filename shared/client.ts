import * as z from 'zod/mini';
import { API, type DoorBody, type DoorName, type DoorParams, type DoorQuery, type DoorReply } from './api.ts';
import { ErrorBody, type ErrorCode } from './errors.ts';

/** What carries a call: HTTP with Bearer, or the WebSocket. Answers status and parsed body. */
export interface Transport {
  call(request: {
    door: DoorName;
    params?: Readonly<Record<string, string>>;
    query?: Readonly<Record<string, unknown>>;
    body?: unknown;
    key?: string;
  }): Promise<{ status: number; body: unknown }>;
}

export type CallResult<T> =
  | { ok: true; status: number; value: T }
  | {
      ok: false;
      status: number;
      code: ErrorCode | 'unreadable_reply';
      message: string;
      requestId?: string;
      details?: Record<string, unknown>;
    };

type Maybe<K extends string, T> = T extends undefined ? { [P in K]?: undefined } : { [P in K]: T };
export type CallArguments<N extends DoorName> = Maybe<'params', DoorParams<N>> &
  Maybe<'body', DoorBody<N>> & { query?: DoorQuery<N>; key?: string };

/** A typed caller of every door; the reply is checked against the contract before it is believed. */
export interface Client {
  call<N extends DoorName>(door: N, request: CallArguments<N>): Promise<CallResult<DoorReply<N>>>;
}

export function openClient(transport: Transport): Client {
  return {
    async call(door, request) {
      const { params, ...rest } = request as { params?: Readonly<Record<string, string | number>> };
      const inPath = params && Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
      const { status, body } = await transport.call({ door, ...rest, ...(inPath && { params: inPath }) });
      if (status >= 400) {
        const refused = z.safeParse(ErrorBody, body);
        if (refused.success) return { ok: false, status, ...refused.data.error };
        return {
          ok: false,
          status,
          code: 'unreadable_reply',
          message: `The daemon answered ${status} in a form this client does not know.`,
        };
      }
      const reply = z.safeParse(API[door].reply, body);
      if (!reply.success) {
        return {
          ok: false,
          status,
          code: 'unreadable_reply',
          message: `The reply of ${door} is not what the contract says: ${z.prettifyError(reply.error)}`,
        };
      }
      return { ok: true, status, value: reply.data as never };
    },
  };
}
