import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'jsonc-parser';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { settingsSchemaText } from '../../daemon/config/settings-schema.ts';
import { type RepositoryDaemon, startDaemonOn } from '../support/app-daemon.ts';
import { approve, must, request, untilReleases, untilState } from '../support/daemon-process.ts';
import { get } from '../support/production-probe.ts';
import { runGit } from '../support/repository.ts';
import { answer, run as shell } from '../support/scripted-model.ts';
import { MADE_APPS, type MadeApp } from './made.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const APP_MS = 480_000;

let shop: Workshop;
const took: string[] = [];

beforeAll(() => {
  shop = openWorkshop();
});
afterAll(() => {
  shop.close();
  process.stdout.write(`\n  seconds for${' '.repeat(30)}made    init first release  request→needs_approval\n${took.join('')}\n`);
});

let undo: (() => Promise<void>) | undefined;
afterEach(async () => {
  await undo?.();
  undo = undefined;
}, APP_MS);

/** Everything a browser loads for a page: the page, and the scripts it names. */
async function seen(port: number, host: string, path: string): Promise<string> {
  const page = await get(port, host, path);
  const scripts = [...page.text.matchAll(/<script[^>]+src="(\/[^"]+)"/g)].map((match) => match[1]!);
  const texts = await Promise.all(scripts.map(async (script) => (await get(port, host, script)).text));
  return [page.text, ...texts].join('\n');
}

async function inARepository(app: MadeApp): Promise<string> {
  const folder = shop.folder(`app-${MADE_APPS.indexOf(app)}`);
  await app.make(folder, shop);
  runGit(folder, ['init', '-q', '-b', 'main']);
  runGit(folder, ['config', 'user.name', 'A Person']);
  runGit(folder, ['config', 'user.email', 'person@example.test']);
  runGit(folder, ['add', '-A']);
  runGit(folder, ['commit', '-q', '-m', 'As it was made']);
  return folder;
}

async function init(repo: string): Promise<{ framework: string; unknown: unknown[] }> {
  const program = [join(ROOT, 'scripts/codex-builder'), 'init', '--yes', '--json', '--repo', repo];
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  const { stdout } = await promisify(execFile)(process.execPath, program, { env });
  return JSON.parse(stdout);
}

describe('an app that nobody made for this', () => {
  test.for(MADE_APPS.map((app) => [app.name, app] as const))('%s: init, a change, live, and back', { timeout: APP_MS }, async ([, app]) => {
    const { file, words, page = '/' } = app;
    const since = stopwatch();
    const repo = await inARepository(app);
    const made = since();
    const said = await init(repo);
    const initiated = since();
    expect(said).toMatchObject({ status: 'committed', framework: app.framework, unknown: [] });
    const settings = parse(readFileSync(join(repo, 'codex-builder.jsonc'), 'utf8'));
    expect(settings.setup?.command).toBe(app.setup);

    const live = await startDaemonOn(repo, { env: { CODEX_BUILDER_UPSTREAM_LOOK_MS: '200' }, untilLive: false });
    undo = live.end;
    const { daemon, model, ports } = live;
    await untilReleases(daemon, (releases) => ['live', 'failed'].includes(releases[0]?.state ?? ''), APP_MS);
    // An editor opens what the file names.
    const schema = await fetch(new URL(new URL(settings.$schema).pathname, daemon.control));
    expect(await schema.text()).toBe(settingsSchemaText());
    const production = () => seen(ports.gateway, 'app.localhost', page);
    expect(await production(), daemon.stderr()).toContain(words);
    const first = since();

    const others = `Words of ${Math.random().toString(36).slice(2)}`;
    model.teach('words', [shell(`sed -i 's/${words}/${others}/' '${file}'`), answer({ summary: 'Other words.', files: [file] })]);
    const asked = await request(daemon, 'SCENARIO=words');
    const ready = await untilState(daemon, asked.id, 'needs_approval');
    took.push(`  ${app.name.slice(0, 40).padEnd(40)} ${[made, initiated, first, since()].map((each) => each.padStart(8)).join('')}\n`);
    const preview = await seen(ports.gateway, 'preview1.localhost', page);
    expect(preview).toContain(others);
    expect(preview).not.toContain(words);
    expect(await production()).not.toContain(others);
    const { files } = await must(daemon.client.call('getDiff', { params: { id: asked.id } }));
    expect(files.map(({ path }) => path)).toEqual([file]);
    if (app.apart !== undefined) {
      expect(preview).toContain(app.apart.preview);
      expect(await production()).not.toContain(app.apart.preview);
      expect(await production()).toContain(app.apart.production);
    }

    await must(approve(daemon, ready));
    await untilState(daemon, asked.id, 'merged');
    expect(await production()).toContain(others);
    expect(await production()).not.toContain(words);

    const { releases } = await must(daemon.client.call('listReleases', {}));
    await must(daemon.client.call('rollback', { params: { id: releases.at(-1)!.id }, body: {} }));
    await untilReleases(daemon, ([newest]) => newest?.kind === 'rollback' && newest.state === 'live');
    expect(await production()).toContain(words);
    expect(await production()).not.toContain(others);
    if (app.devServer !== undefined) await previewByDevServer(live, repo, app.file, app.devServer);
  });
});

/** A person says that previews are the dev server: the page in a browser is told at once of a file that changes. */
async function previewByDevServer({ daemon, model }: RepositoryDaemon, repo: string, file: string, command: string): Promise<void> {
  runGit(repo, ['checkout', '-q', 'main']);
  const settings = parse(readFileSync(join(repo, 'codex-builder.jsonc'), 'utf8'));
  writeFileSync(join(repo, 'codex-builder.jsonc'), JSON.stringify({ ...settings, preview: { command } }));
  runGit(repo, ['commit', '-q', '-a', '-m', 'Previews are the dev server']);
  await untilReleases(daemon, ([newest]) => newest?.kind === 'upstream' && newest.state === 'live');

  model.teach('dev', [shell(`echo '// seen' >> '${file}'`), answer({ summary: 'A remark.', files: [file] })]);
  const asked = await request(daemon, 'SCENARIO=dev');
  await untilState(daemon, asked.id, 'needs_approval');
  const host = `preview1.localhost`;
  const client = await get(daemon.gatewayPort, host, '/@vite/client');
  const module = await get(daemon.gatewayPort, host, `/${file}`);
  expect(module.text).toContain('// seen');
  const token = /wsToken\s*=\s*"([^"]+)"/.exec(client.text)?.[1];
  const authority = `${host}:${daemon.gatewayPort}`;
  const page = new WebSocket(`ws://127.0.0.1:${daemon.gatewayPort}/?token=${token}`, 'vite-hmr', {
    origin: `http://${authority}`,
    headers: { host: authority },
  });
  const messages: string[] = [];
  page.on('message', (data) => messages.push(String(data)));
  await once(page, 'message');
  expect(messages[0]).toContain('connected');
  appendFileSync(join(daemon.state, 'slots/preview-1/app', file), '// and again\n');
  await expect.poll(() => messages.join('\n'), { timeout: 20_000 }).toMatch(new RegExp(`"type":"update".*"path":"/${file}"`));
  page.terminate();
  expect((await get(daemon.gatewayPort, host, `/${file}?t=1`)).text).toContain('// and again');
}

/** Seconds since it was last asked. */
function stopwatch(): () => string {
  let from = performance.now();
  return () => {
    const now = performance.now();
    const seconds = ((now - from) / 1000).toFixed(1);
    from = now;
    return seconds;
  };
}
