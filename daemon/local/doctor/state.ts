import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { Readiness } from '#shared/readiness.ts';
import { lookAtLedger } from '../../store/look-at-ledger.ts';
import { type Examination, hostOf } from './examination.ts';
import { attention, type Finding, missing, ok } from './finding.ts';

const ASK_MS = 5_000;
/** Clocks of one machine may be set back a little. */
const CLOCK_SLACK_MS = 60_000;
/** Files that hold secrets or everything there is; none may be read by others. */
const PRIVATE = [
  'ledger.db',
  'lock.db',
  'cli-token',
  'daemon.json',
  'host.jsonc',
  'daemon.env',
  'production/env',
  'codex-sign-in/auth.json',
];

/** What the daemon keeps, and what runs. */
export async function examineState(examination: Examination): Promise<readonly Finding[]> {
  const { stateFolder } = examination;
  const running = await askDaemon(stateFolder);
  const gateway = await examination.outside.gateway(join(stateFolder, 'run', 'gateway.sock'));
  const host = hostOf(examination);
  return [
    ...folder(stateFolder),
    ...(host.ok
      ? []
      : [attention('State', 'host settings', host.problems.join('; '), `Mend ${join(stateFolder, 'host.jsonc')} or the environment.`)]),
    ledger(examination),
    ...(running === undefined
      ? [missing('State', 'daemon', 'does not run', 'Start it: npm start, or codex-builder serve')]
      : [ok('State', 'daemon', `answers at ${running.url}`), ...running.readiness.parts.map(part)]),
    gateway.running
      ? ok(
          'State',
          'gateway',
          `answers on port ${gateway.port}${gateway.live === undefined ? ', nothing is live yet' : `, ${gateway.live} is live`}`,
        )
      : gateway.found !== undefined
        ? attention('State', 'gateway', gateway.found, gateway.remedy ?? '')
        : running !== undefined
          ? attention(
              'State',
              'gateway',
              'does not run, though the daemon does',
              'The daemon starts it again by itself; its log is logs/gateway.log.',
            )
          : missing('State', 'gateway', 'does not run', 'The daemon starts it.'),
    ...(await ports(examination, running?.url, gateway.running ? gateway.port : undefined)),
  ];
}

function folder(stateFolder: string): readonly Finding[] {
  const found = statSync(stateFolder, { throwIfNoEntry: false });
  if (found === undefined) return [missing('State', 'state folder', `${stateFolder} is not there yet`, 'The first start makes it.')];
  const uid = process.getuid?.();
  if (uid !== undefined && found.uid !== uid)
    return [attention('State', 'state folder', `${stateFolder} belongs to user ${found.uid}`, 'Run this as the user of the daemon.')];
  const open = [
    ...((found.mode & 0o077) === 0 ? [] : [`chmod 700 ${stateFolder}`]),
    ...PRIVATE.map((name) => join(stateFolder, name))
      .filter((file) => existsSync(file) && (statSync(file).mode & 0o077) !== 0)
      .map((file) => `chmod 600 ${file}`),
  ];
  const count = readdirSync(stateFolder).length;
  if (open.length === 0) return [ok('State', 'state folder', `${stateFolder}, for you alone${count === 0 ? '; empty' : ''}`)];
  return [attention('State', 'state folder', `others can read in ${stateFolder}`, open.join(' && '))];
}

function ledger({ stateFolder, migrationsFolder, now }: Examination): Finding {
  const look = lookAtLedger(stateFolder, migrationsFolder);
  if (look.state === 'absent') return missing('State', 'ledger', 'none yet', 'The first start makes it.');
  if (look.state === 'wrong') return attention('State', 'ledger', look.detail, look.remedy);
  if (look.newestAt !== undefined && look.newestAt > now + CLOCK_SLACK_MS)
    return attention(
      'State',
      'ledger',
      `its newest entry is of ${new Date(look.newestAt).toISOString()}, which is not yet`,
      'The clock was set back: set it right.',
    );
  const pending = look.pending.length === 0 ? '' : `; the next start applies ${look.pending.join(', ')}, after a backup`;
  return ok('State', 'ledger', `sound, schema ${look.version}${pending}`);
}

function part({ name, ready, optional, detail, remedy = 'See the log of the daemon.' }: Readiness['parts'][number]): Finding {
  if (ready) return ok('State', `daemon: ${name}`, `ready${detail === undefined ? '' : ` (${detail})`}`);
  return (optional === true ? missing : attention)('State', `daemon: ${name}`, detail ?? 'not ready', remedy);
}

async function ports(
  { ports: wanted }: Examination,
  daemonUrl: string | undefined,
  gatewayPort: number | undefined,
): Promise<readonly Finding[]> {
  const own = new Set([daemonUrl === undefined ? undefined : Number(new URL(daemonUrl).port), gatewayPort]);
  const rows = [
    { name: 'port of /codex', port: wanted.control, variable: 'CODEX_BUILDER_PORT', flag: '--port' },
    { name: 'port of the gateway', port: wanted.gateway, variable: 'CODEX_BUILDER_GATEWAY_PORT', flag: '--gateway-port' },
  ];
  return Promise.all(
    rows.map(async ({ name, port, variable, flag }) => {
      if (own.has(port)) return ok('State', name, `${port}, ours`);
      return (await isFree(port))
        ? ok('State', name, `${port}, free`)
        : attention('State', name, `${port} is taken by another program`, `End that one, or choose another with ${flag} or ${variable}.`);
    }),
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The daemon that its note names, when it answers. */
async function askDaemon(stateFolder: string): Promise<{ url: string; readiness: Readiness } | undefined> {
  const url = urlIn(join(stateFolder, 'daemon.json'));
  if (url === undefined) return undefined;
  const readiness = await ask(`${url}/readyz`);
  return readiness === undefined ? undefined : { url, readiness };
}

function urlIn(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { url: string }).url;
  } catch {
    return undefined; // half a note is none
  }
}

/** Not `fetch`, which marks itself as a browser. */
function ask(url: string): Promise<Readiness | undefined> {
  return new Promise((resolve) => {
    const call = request(url, { timeout: ASK_MS }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      reply.on('error', () => resolve(undefined));
      reply.on('end', () => {
        try {
          const body = z.safeParse(Readiness, JSON.parse(text));
          resolve(body.success ? body.data : undefined);
        } catch {
          resolve(undefined); // whoever took the port is not the daemon
        }
      });
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(undefined));
    call.end();
  });
}
