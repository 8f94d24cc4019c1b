import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { API, doorPath, PROTOCOL } from '#shared/api.ts';
import { type Client, openClient } from '#shared/client.ts';
import { stateFolderOf } from '../config/state-folder.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type Connection = { ok: true; client: Client; url: string; state: string } | { ok: false; message: string };

/** The daemon of --state, --repo, CODEX_BUILDER_STATE, the repository of the current folder, or the fallback repository: the first that is named. */
export function connect(choice: { repo?: string | undefined; state?: string | undefined }, env: Environment): Connection {
  const state = stateOf(choice, env);
  const file = join(state, 'daemon.json');
  if (!existsSync(file)) return { ok: false, message: `No daemon runs for ${state}.\nStart it with npm start.` };
  const { url } = JSON.parse(readFileSync(file, 'utf8')) as { url: string };
  const token = readFileSync(join(state, 'cli-token'), 'utf8').trim();
  return {
    ok: true,
    url,
    state,
    client: openClient({
      async call({ door, params, query, body, key }) {
        const search = new URLSearchParams(Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)]));
        const { method } = API[door];
        return send(
          `${url}${doorPath(door, params)}${search.size === 0 ? '' : `?${search}`}`,
          method,
          token,
          method === 'GET' ? undefined : { body: body ?? {}, key },
        );
      },
    }),
  };
}

/** One request. Not `fetch`, which marks itself as a browser by its Sec-Fetch headers. */
function send(
  url: string,
  method: string,
  token: string,
  change?: { body: unknown; key: string | undefined },
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'x-codex-builder-protocol': String(PROTOCOL),
          ...(change === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': change.key ?? randomUUID() }),
        },
      },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) }));
        reply.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(change === undefined ? undefined : JSON.stringify(change.body));
  });
}

/** State folder of the chosen daemon. */
export function stateOf(choice: { repo?: string | undefined; state?: string | undefined }, env: Environment): string {
  const named = choice.state ?? (choice.repo === undefined ? env['CODEX_BUILDER_STATE'] : undefined);
  if (named !== undefined) return resolve(named);
  const repo = namedRepo(choice, env) ?? env['CODEX_BUILDER_FALLBACK_REPO'] ?? process.cwd();
  return stateFolderOf(existsSync(repo) ? realpathSync(repo) : resolve(repo), env);
}

/** Repository of the chosen daemon; undefined when only its state was named. */
export function repoOf(choice: { repo?: string | undefined; state?: string | undefined }, env: Environment): string | undefined {
  const isStateNamed = choice.state !== undefined || (choice.repo === undefined && Boolean(env['CODEX_BUILDER_STATE']));
  return namedRepo(choice, env) ?? (isStateNamed ? undefined : env['CODEX_BUILDER_FALLBACK_REPO']);
}

/** The repository of --repo, CODEX_BUILDER_REPO or the current folder: the first that is named. */
function namedRepo(choice: { repo?: string | undefined }, env: Environment): string | undefined {
  const repo = choice.repo ?? env['CODEX_BUILDER_REPO'];
  if (repo !== undefined) return repo;
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'codex-builder.jsonc'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
