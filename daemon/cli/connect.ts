import { randomUUID } from 'node:crypto';
import { API, type DoorReply, doorPath } from '#shared/api.ts';
import { type CallResult, type Client, openClient } from '#shared/client.ts';
import { type Choice, type Chosen, chooseDaemon } from './choose-daemon.ts';
import type { Environment } from './command.ts';
import { callAgainWhenLost } from './http-call.ts';

/** A daemon, and what is needed to speak with it. */
export interface Daemon {
  client: Client;
  /** Origin. */
  url: string;
  token: string;
  state: string | undefined;
  /** Stores bytes as an artifact. */
  upload(bytes: Buffer): Promise<CallResult<DoorReply<'createArtifact'>>>;
}

export type Connection = ({ ok: true } & Daemon) | Extract<Chosen, { ok: false }>;

/** Chooses the daemon and readies a client for it; nothing is sent yet. `key` is used for each change, else each has a new one. */
export function connect(choice: Choice & { key?: string | undefined }, env: Environment): Connection {
  const chosen = chooseDaemon(choice, env);
  if (!chosen.ok) return chosen;
  const { url, token, state } = chosen;
  const client = openClient({
    call({ door, params, query, body, key: own }) {
      const search = new URLSearchParams(Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)]));
      const { method } = API[door];
      const change =
        method === 'GET'
          ? {}
          : {
              headers: { 'content-type': 'application/json', 'idempotency-key': own ?? choice.key ?? randomUUID() },
              body: JSON.stringify(body ?? {}),
            };
      return callAgainWhenLost({
        url: `${url}${doorPath(door, params)}${search.size === 0 ? '' : `?${search}`}`,
        method,
        token,
        ...change,
      });
    },
  });
  const upload: Daemon['upload'] = (bytes) => {
    const { method, path } = API.createArtifact;
    const sent = callAgainWhenLost({
      url: `${url}${path}`,
      method,
      token,
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
    });
    return openClient({ call: () => sent }).call('createArtifact', {});
  };
  return { ok: true, client, url, token, state, upload };
}
