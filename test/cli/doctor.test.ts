import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { openOutside } from '../../daemon/inspect.ts';
import type { Finding } from '../../daemon/local/doctor/finding.ts';
import type { Outside } from '../../daemon/local/doctor/outside.ts';
import { openLedgerFile } from '../../daemon/store/open.ts';
import { openDoor } from '../http/support/open-door.ts';
import { MIGRATIONS } from '../store/temporary-store.ts';
import { freePort } from '../support/daemon-process.ts';
import { makeRepository, type TestRepository, temporaryFolder } from '../support/repository.ts';
import { type CliOptions, runCli } from './run-cli.ts';

const { folder: root, cleanUp } = temporaryFolder();
afterAll(cleanUp);

const SETTINGS = JSON.stringify({ checks: [{ name: 'unit', command: 'true' }], preview: { command: 'a' }, deploy: { start: 'a' } });
const ENV = { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: 'http://127.0.0.1:9', CODEX_BUILDER_DISK_FLOOR_BYTES: '1' };

/** The real sandbox of this machine, tried once: every other test is about something else. */
const confinement = openOutside({ PATH: process.env['PATH'] }).confinement(undefined);
const real: Outside = { ...openOutside({ PATH: process.env['PATH'] }), confinement: () => confinement };

interface Place {
  app: TestRepository;
  state: string;
  ports: { control: number; gateway: number };
}

/** A repository and a state folder in which nothing is wrong. */
async function healthy(settings: string | null = SETTINGS): Promise<Place> {
  const app = makeRepository(mkdtempSync(join(root, 'app-')), { 'README.md': 'x', 'codex-builder.jsonc': settings });
  const state = mkdtempSync(join(root, 'state-'));
  const opened = openLedgerFile(state, MIGRATIONS, 1);
  if (!opened.ok) throw new Error(opened.detail);
  opened.close();
  chmodSync(join(state, 'lock.db'), 0o600);
  writeFileSync(join(state, 'cli-token'), 'x', { mode: 0o600 });
  return { app, state, ports: { control: await freePort(), gateway: await freePort() } };
}

interface Answer {
  code: number;
  ok: boolean;
  findings: readonly Finding[];
  /** Names of what needs attention. */
  wanting: readonly string[];
  of(name: string): Finding | undefined;
}

async function doctor({ app, state, ports }: Place, { env = {}, programs = {} }: CliOptions = {}): Promise<Answer> {
  const said = await runCli(['doctor', '--json', '--repo', app.folder, '--state', state], {
    env: { ...ENV, CODEX_BUILDER_PORT: String(ports.control), CODEX_BUILDER_GATEWAY_PORT: String(ports.gateway), ...env },
    programs: { outside: async () => real, ...programs },
  });
  const { ok, findings } = JSON.parse(said.out) as { ok: boolean; findings: Finding[] };
  expect(ok).toBe(said.code === 0);
  for (const finding of findings.filter(({ state: found }) => found === 'attention')) expect(finding.remedy, finding.name).toMatch(/\S/);
  return {
    code: said.code,
    ok,
    findings,
    wanting: findings.filter((finding) => finding.state === 'attention').map(({ name }) => name),
    of: (name) => findings.find((finding) => finding.name === name),
  };
}

describe('doctor where nothing is wrong', () => {
  test('is content, and has tried the sandbox and Codex for real', async () => {
    const answer = await doctor(await healthy());
    expect(answer.wanting).toEqual([]);
    expect(answer.code).toBe(0);
    expect(answer.of('sandbox')?.found).toContain('every promise tried and held');
    expect(answer.of('codex')).toMatchObject({ state: 'ok', found: expect.stringContaining('0.169.0') });
    expect(answer.of('ledger')?.found).toMatch(/^sound, schema \d+$/);
    expect(answer.of('settings')?.found).toContain('1 check');
  });

  test('changes nothing in the ledger and nothing in the repository', async () => {
    const place = await healthy();
    const before = [
      readFileSync(join(place.state, 'ledger.db')).toString('hex'),
      place.app.git('for-each-ref'),
      place.app.git('status', '--porcelain'),
    ];
    await doctor(place);
    expect([
      readFileSync(join(place.state, 'ledger.db')).toString('hex'),
      place.app.git('for-each-ref'),
      place.app.git('status', '--porcelain'),
    ]).toEqual(before);
    const opened = openLedgerFile(place.state, MIGRATIONS, 2);
    expect(opened.ok).toBe(true);
    if (opened.ok) opened.close();
  });

  test('says the same to people, with what to do beside it, also under its other name', async () => {
    const place = await healthy();
    const argv = ['--repo', place.app.folder, '--state', place.state];
    const options = {
      env: { ...ENV, CODEX_BUILDER_PORT: String(place.ports.control), CODEX_BUILDER_GATEWAY_PORT: String(place.ports.gateway) },
      programs: { outside: async () => real },
    };
    const said = await runCli(['health', ...argv], options);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(said.out).toContain('Status: Ready');
    chmodSync(place.state, 0o755);
    const wanting = await runCli(['doctor', ...argv], options);
    expect(wanting.code).toBe(1);
    expect(wanting.out).toContain(`→ chmod 700 ${place.state}`);
    expect(wanting.out).toContain('Status: one thing needs attention');
  });

  test('before the first start there is nothing, and that is no trouble', async () => {
    const place = { ...(await healthy()), state: join(root, 'not-yet') };
    const answer = await doctor(place);
    expect(answer.wanting).toEqual([]);
    expect(answer.of('ledger')?.state).toBe('missing');
  });
});

describe('doctor names what is wrong', () => {
  test.each<[string, string, (place: Place) => unknown]>([
    ['a state folder that others can enter', 'state folder', ({ state }) => chmodSync(state, 0o750)],
    ['a token that others can read', 'state folder', ({ state }) => chmodSync(join(state, 'cli-token'), 0o644)],
    ['a ledger that is none', 'ledger', ({ state }) => writeFileSync(join(state, 'ledger.db'), 'not a database at all, '.repeat(99))],
    [
      'host settings that are wrong',
      'host settings',
      ({ state }) => writeFileSync(join(state, 'host.jsonc'), '{"sandbx": 1}', { mode: 0o600 }),
    ],
    ['a full disk', 'disk', () => ({ env: { CODEX_BUILDER_DISK_FLOOR_BYTES: '1e18' } })],
    ['an old Node', 'node', () => ({ programs: { oldestNode: '99.1' } })],
    ['no git', 'git', () => ({ env: { PATH: '/nonexistent' } })],
    ['nobody signed in', 'model', () => ({ env: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: '' } })],
    [
      'a sign-in that is none',
      'model',
      ({ state }) => {
        mkdirSync(join(state, 'codex-sign-in'), { mode: 0o700 });
        writeFileSync(join(state, 'codex-sign-in', 'auth.json'), '{}', { mode: 0o600 });
        return { env: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: '' } };
      },
    ],
    ['a provider without its key', 'model', () => ({ env: { CODEX_BUILDER_AGENT_PROVIDER_ENV_KEY: 'NOWHERE_KEY' } })],
    ['previews beside production', 'domains', () => ({ env: { CODEX_BUILDER_GATEWAY_DOMAIN: 'example.com' } })],
    ['no main', 'repository', ({ app }) => void app.git('branch', '-m', 'main', 'trunk')],
    ['no settings on main', 'settings', ({ app }) => void app.commit({ 'codex-builder.jsonc': null })],
  ])('%s', async (_what, name, arrange) => {
    const place = await healthy();
    const options = (arrange(place) ?? {}) as CliOptions;
    const answer = await doctor(place, options);
    expect(answer.code).toBe(1);
    expect([...new Set(answer.wanting)]).toContain(name);
    if (name !== 'git') expect([...new Set(answer.wanting)]).toEqual([name]);
  });

  test('every problem of the settings, each with its place', async () => {
    const place = await healthy('{"preview": {"command": ""}, "deploy": {"strat": "x"}, "slots": []}');
    const answer = await doctor(place);
    const problems = answer.findings.filter(({ name }) => name === 'settings').map(({ found }) => found);
    expect(problems.length).toBeGreaterThanOrEqual(3);
    for (const where of ['preview.command', 'deploy', 'slots']) expect(problems.join('\n')).toContain(where);
  });

  test('settings that init could not finish', async () => {
    const app = makeRepository(mkdtempSync(join(root, 'go-')), { 'go.mod': 'module x' });
    app.git('config', 'user.name', 'P');
    app.git('config', 'user.email', 'p@x.test');
    await runCli(['init', '--yes', '--repo', app.folder]);
    const answer = await doctor({ ...(await healthy()), app });
    expect(answer.of('settings')).toMatchObject({ state: 'attention', found: expect.stringContaining('2 of its commands') });
  });

  test('a port that another program has', async () => {
    const place = await healthy();
    const other = createServer().listen(place.ports.gateway, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((done) => other.once('listening', done));
    const answer = await doctor(place);
    expect(answer.wanting).toEqual(['port of the gateway']);
    expect(answer.of('port of the gateway')?.remedy).toContain('--gateway-port');
  });

  test('a ledger of a newer version, one that was edited, and one that will be brought up to date', async () => {
    const place = await healthy();
    const more = mkdtempSync(join(root, 'migrations-'));
    cpSync(MIGRATIONS, more, { recursive: true });
    const next = `${String(readdirSync(more).length + 1).padStart(4, '0')}_more.sql`;
    writeFileSync(join(more, next), 'CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;');
    const pending = await doctor(place, { programs: { migrationsFolder: more } });
    expect(pending.wanting).toEqual([]);
    expect(pending.of('ledger')?.found).toContain(next.replace('.sql', ''));

    const opened = openLedgerFile(place.state, more, 2);
    if (opened.ok) opened.close();
    const newer = await doctor(place);
    expect(newer.of('ledger')).toMatchObject({ state: 'attention', found: expect.stringContaining('does not know') });

    writeFileSync(join(more, '0001_ledger.sql'), '-- edited');
    const edited = await doctor(place, { programs: { migrationsFolder: more } });
    expect(edited.of('ledger')).toMatchObject({ state: 'attention', found: expect.stringContaining('was edited') });
  });

  test('a clock that was set back behind the ledger', async () => {
    const place = await healthy();
    const opened = openLedgerFile(place.state, MIGRATIONS, 1);
    if (!opened.ok) throw new Error(opened.detail);
    opened.db
      .prepare(
        "INSERT INTO audit_log (actor, action, subject, outcome, payload_hash, trace_id, at, prev_hash, hash) VALUES ('a','b','c','ok','d','e',?,'f','g')",
      )
      .run(Date.now() + 3_600_000);
    opened.close();
    expect((await doctor(place)).of('ledger')?.found).toContain('which is not yet');
  });

  test('a large-file filter without its program', async () => {
    const place = await healthy();
    place.app.commit({ 'pictures/.gitattributes': '*.png filter=lfs diff=lfs merge=lfs\n' });
    const bin = mkdtempSync(join(root, 'bin-'));
    symlinkSync('/usr/bin/git', join(bin, 'git'));
    const answer = await doctor(place, { env: { PATH: bin } });
    expect(answer.wanting).toEqual(['git-lfs']);
  });

  test('SUP-02 a sandbox promise that does not hold, and a Codex of another version', async () => {
    const outside: Outside = {
      ...real,
      confinement: async () => ({
        sandbox: [{ ok: false, found: 'files outside cannot be read: done', remedy: 'Update bubblewrap.' }],
        codex: { ok: false, found: 'Codex 0.1.0 is installed, 0.169.0 is needed', remedy: 'npm install @openai/codex@0.169.0' },
      }),
    };
    expect((await doctor(await healthy(), { programs: { outside: async () => outside } })).wanting).toEqual(['sandbox', 'codex']);
  });

  test('a sandbox that the host may not have', async () => {
    const outside = async () => ({ ...real, confinement: openOutside({ PATH: process.env['PATH'] }).confinement });
    const answer = await doctor(await healthy(), { env: { CODEX_BUILDER_SANDBOX_PROVIDER: 'none' }, programs: { outside } });
    expect(answer.wanting).toContain('sandbox');
    expect(answer.of('sandbox')?.found).toContain('all your rights');
  });
});

describe('doctor beside a running daemon', () => {
  test('asks it for its readiness and its sign-in, and knows its port as ours', async () => {
    const place = await healthy();
    const door = await openDoor();
    onTestFinished(() => door.stop());
    door.store.readiness = async () => ({
      ready: false,
      parts: [
        { name: 'ledger', ready: true },
        { name: 'disk', ready: false, detail: '1 MiB free', remedy: 'Make room.' },
        { name: 'upstream', optional: true, ready: false, detail: 'offline', remedy: 'Plug it in.' },
      ],
    });
    const url = `http://127.0.0.1:${door.port}`;
    writeFileSync(join(place.state, 'daemon.json'), JSON.stringify({ pid: 1, startTime: '1', url, gateway: 'http://app.localhost:1' }), {
      mode: 0o600,
    });
    writeFileSync(join(place.state, 'cli-token'), door.cli.bearer.replace(/^Bearer /, ''), { mode: 0o600 });
    const answer = await doctor(
      { ...place, ports: { ...place.ports, control: door.port } },
      { env: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: '' } },
    );
    expect(answer.of('daemon')?.found).toBe(`answers at ${url}`);
    expect(answer.of('port of /codex')?.found).toBe(`${door.port}, ours`);
    expect(answer.findings.filter(({ name }) => name.startsWith('daemon: '))).toMatchObject([
      { name: 'daemon: ledger', state: 'ok' },
      { name: 'daemon: disk', state: 'attention', found: '1 MiB free', remedy: 'Make room.' },
      { name: 'daemon: upstream', state: 'missing', found: 'offline', remedy: 'Plug it in.' },
    ]);
    expect(answer.of('model')?.found).toContain('the running daemon is signed in');
    expect(answer.of('gateway')?.state).toBe('attention');
  });

  test('a note of a daemon that was killed is not taken for one', async () => {
    const place = await healthy();
    const url = `http://127.0.0.1:${place.ports.control}`;
    writeFileSync(join(place.state, 'daemon.json'), JSON.stringify({ pid: 1, startTime: '1', url, gateway: 'http://app.localhost:1' }), {
      mode: 0o600,
    });
    const answer = await doctor(place);
    expect(answer.of('daemon')?.state).toBe('missing');
    mkdirSync(join(place.state, 'run'), { recursive: true });
    writeFileSync(join(place.state, 'daemon.json'), '{"pid":', { mode: 0o600 });
    expect((await doctor(place)).of('daemon')?.state).toBe('missing');
  });
});
