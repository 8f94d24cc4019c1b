import { createHash } from 'node:crypto';
import { chmodSync, realpathSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createControl } from './control.ts';
import { logLine } from './log.ts';
import { keepLogsSmall } from './log-files.ts';
import { createRouter } from './router.ts';
import { openStateFile } from './state-file.ts';
import { createSupervisor } from './supervisor.ts';
import { createTargets } from './targets.ts';
import { createTraffic } from './traffic.ts';

/** How long a restart of the gateway waits for requests in flight. */
const LEAVE_MS = 2_000;

const EXIT = { clean: 0, usage: 64, internal: 70, inUse: 75 } as const;

process.umask(0o077);
process.on('uncaughtException', (error) => {
  // One broken request must not take production down; the state on disk is whole at any instant.
  logLine('error', 'unexpected', { error: error.stack ?? String(error) });
});

const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    port: { type: 'string' },
    socket: { type: 'string' },
    domain: { type: 'string', default: 'localhost' },
    scheme: { type: 'string', default: 'http' },
  },
});
const port = Number(values.port);
if (!values.state || !values.socket || !(Number.isInteger(port) && port > 0 && port < 65_536)) {
  logLine('error', 'usage: gateway --state FOLDER --port PORT --socket PATH [--domain NAME] [--scheme http|https]');
  process.exit(EXIT.usage);
}
await serve(realpathSync(values.state), values.socket, values.domain, values.scheme === 'https' ? 'https' : 'http').catch(
  (error: Error) => {
    logLine('error', 'cannot start', { error: error.stack });
    process.exit(EXIT.internal);
  },
);

async function serve(folder: string, socket: string, domain: string, scheme: 'http' | 'https'): Promise<void> {
  const stateHash = createHash('sha256').update(folder).digest('hex').slice(0, 12);
  const state = openStateFile(join(folder, 'gateway', 'state.json'));
  const targets = createTargets(state, logLine);
  const traffic = createTraffic();
  const supervisor = createSupervisor({ state, tagPrefix: `release/${stateHash}/`, log: logLine });
  const router = createRouter({ state, targets, traffic, appHost: `app.${domain}`, port, scheme });
  const control = createControl({
    state,
    targets,
    supervisor,
    traffic,
    identity: { stateHash, port },
    stopAccepting: () => void router.close(),
    onShutdown: () => leave('shutdown', 0),
  });

  // Whoever holds the port is the gateway: only then may the socket be replaced and a release be started.
  if (!(await listen(router, { port, host: '127.0.0.1' }))) {
    logLine('error', 'port in use', { port });
    process.exit(EXIT.inUse);
  }
  if (await answers(socket)) {
    logLine('error', 'another gateway holds the control socket', { socket });
    process.exit(EXIT.inUse);
  }
  note(({ cutOff, ...current }) => {
    const found = current.held ? { times: (cutOff?.times ?? 0) + 1, at: Date.now() } : cutOff;
    return { ...current, held: true, ...(found && { cutOff: found }) };
  });
  await supervisor.adopt();
  rmSync(socket, { force: true });
  if (!(await listen(control, { path: socket }))) throw new Error(`cannot listen on ${socket}`);
  chmodSync(socket, 0o600);
  const ownLog = join(folder, 'logs', 'gateway.log');
  const endLogKeeping = keepLogsSmall(() => [ownLog, ...state.current.releases.map(({ start }) => start.logFile)], logLine);
  logLine('info', 'gateway ready', { port, pid: process.pid, live: state.current.live });

  /** What is only told must not stop what is served: a full disk costs no more than the note. */
  function note(change: Parameters<typeof state.update>[0]): void {
    try {
      state.update(change);
    } catch (error) {
      logLine('error', 'state cannot be written', { error: String(error) });
    }
  }

  function leave(why: string, waitMs: number): void {
    logLine('info', 'gateway leaves', { why });
    note(({ held: _held, ...current }) => current);
    supervisor.release();
    endLogKeeping();
    control.close();
    rmSync(socket, { force: true });
    router.close(() => process.exit(EXIT.clean));
    router.closeIdleConnections();
    setTimeout(() => process.exit(EXIT.clean), waitMs);
  }
  process.once('SIGTERM', () => leave('SIGTERM', LEAVE_MS));
  process.once('SIGINT', () => leave('SIGINT', LEAVE_MS));
}

/** False when the address is taken. */
function listen(server: Server, where: { port: number; host: string } | { path: string }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(where, () => resolve(true));
  });
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
