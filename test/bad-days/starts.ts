import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { endEverything, freePort, stateFolder } from '../support/daemon-process.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';
import type { Met } from './bad-day.ts';
import type { House } from './house.ts';

const START = resolve(import.meta.dirname, '../../scripts/start.mjs');

interface Start {
  repo: string;
  state: string;
  ports: { control: number; gateway: number };
  env: Record<string, string>;
}

/** Starts a daemon that is to refuse, and reads what it said and how it ended. */
async function refusedStart({ repo, state, ports, env }: Start): Promise<Met> {
  const args = ['--json', '--repo', repo, '--state', state, '--port', String(ports.control), '--gateway-port', String(ports.gateway)];
  const child = spawn(process.execPath, [START, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], CODEX_BUILDER_AGENT_API_KEY: 'none', ...env },
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  // One that starts after all is a failed row, and must not be waited for.
  child.stdout.on('data', () => child.kill('SIGTERM'));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  const lines = said
    .trim()
    .split('\n')
    .filter((line) => line !== 'Cannot start:');
  return {
    reason: `exit ${code}`,
    says: lines.slice(0, -1).join(' ').replace(/\s+/g, ' ').trim(),
    remedy: lines.at(-1) ?? '',
    slot: 'no slot in it',
  };
}

/** A start in an app and a state folder of its own; nothing of it may be left when it was refused. */
function startOf(change: (start: Start, app: GeneratedApp) => void | Promise<void>): (house: House) => Promise<Met> {
  return async () => {
    const app = generateApp();
    const state = stateFolder();
    const start: Start = { repo: app.repo, state, ports: { control: await freePort(), gateway: await freePort() }, env: {} };
    try {
      await change(start, app);
      const met = await refusedStart(start);
      expect(existsSync(join(state, 'run/gateway.sock')), 'a gateway was left behind by a refused start').toBe(false);
      return {
        ...met,
        says: met.says.replaceAll(app.repo, '<repo>').replaceAll(state, '<state>'),
        remedy: met.remedy.replaceAll(app.repo, '<repo>').replaceAll(state, '<state>'),
      };
    } finally {
      await endEverything(state, app.repo);
    }
  };
}

export const badSettings = startOf((_start, app) =>
  app.commit(
    'codex-builder.jsonc',
    '{ "slots": [], "checks": [{ "name": "Unit tests", "command": "" }], "preview": {}, "deploy": { "start": "x", "helth": {} }, "agent": { "model": "x" } }',
  ),
);
export const brokenSettings = startOf((_start, app) =>
  app.commit('codex-builder.jsonc', '{\n  "preview": {\n    "command": "x" "y"\n  }\n}\n'),
);
export const noSettings = startOf((_start, app) => {
  app.git('rm', '-q', 'codex-builder.jsonc');
  app.git('commit', '-q', '-m', 'Without settings');
});
export const badHostSettings = startOf((start) => {
  start.env['CODEX_BUILDER_BUDGETS_RUN_TOKENS'] = '-5';
  start.env['CODEX_BUILDER_SANDBOX_PROVIDER'] = 'docker';
});
export const noRepository = startOf((start) => {
  start.repo = `${start.repo}/not-there`;
});
export const notARepository = startOf((_start, app) => rmSync(join(app.repo, '.git'), { recursive: true, force: true }));
export const emptyRepository = startOf((_start, app) => {
  rmSync(join(app.repo, '.git'), { recursive: true, force: true });
  app.git('init', '-q', '-b', 'main');
});
export const noMain = startOf((_start, app) => void app.git('branch', '-q', '-m', 'main', 'trunk'));

/** Somebody else listens on a port that is wanted. */
const taken =
  (which: 'control' | 'gateway') =>
  async (house: House): Promise<Met> => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => squatter.once('listening', done));
    const { port } = squatter.address() as { port: number };
    try {
      const met = await startOf((start) => {
        start.ports[which] = port;
      })(house);
      return { ...met, says: met.says.replaceAll(String(port), '<port>'), remedy: met.remedy.replaceAll(String(port), '<port>') };
    } finally {
      await new Promise((done) => squatter.close(done));
    }
  };
export const controlPortTaken = taken('control');
export const gatewayPortTaken = taken('gateway');

export async function secondDaemon({ app, state }: House): Promise<Met> {
  const met = await refusedStart({ repo: app.repo, state, ports: { control: await freePort(), gateway: await freePort() }, env: {} });
  return { ...met, says: met.says.replaceAll(state, '<state>') };
}

/** The ledger is not what it was. The file must stay as it is, and with the right one back in place all goes on. */
const ledgerThat =
  (is: (file: string, kept: string) => void) =>
  async (house: House): Promise<Met> => {
    const { app, state, ports } = house;
    const file = join(state, 'ledger.db');
    const kept = join(mkdtempSync(join(tmpdir(), 'cb-days-')), 'ledger.db');
    await house.stop();
    expect(existsSync(`${file}-wal`), 'a ledger that was closed is one file').toBe(false);
    renameSync(file, kept);
    try {
      is(file, kept);
      const before = hashOf(file);
      const met = await refusedStart({ repo: app.repo, state, ports, env: {} });
      expect(hashOf(file), 'the ledger was written to').toBe(before);
      return { ...met, says: met.says.replaceAll(state, '<state>'), remedy: met.remedy.replaceAll(state, '<state>') };
    } finally {
      rmSync(file, { force: true });
      renameSync(kept, file);
      await house.host();
    }
  };
export const corruptLedger = ledgerThat((file) => writeFileSync(file, 'this was a database once\n'.repeat(500)));
export const newerLedger = ledgerThat((file, kept) => {
  writeFileSync(file, readFileSync(kept));
  const db = new Database(file);
  db.prepare('INSERT INTO schema_migrations (number, name, sha256, at) VALUES (9999, ?, ?, 0)').run('9999_of_tomorrow.sql', 'x');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
});

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
