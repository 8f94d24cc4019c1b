import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseDaemon } from '../../daemon/cli/choose-daemon.ts';
import { stateFolderOf } from '../../daemon/config/state-folder.ts';
import { temporaryFolder } from '../support/repository.ts';
import { runCli } from './run-cli.ts';

const { folder, cleanUp } = temporaryFolder();
const env = { XDG_STATE_HOME: join(folder, 'state') };
const cwd = process.cwd();
const stat = readFileSync('/proc/self/stat', 'utf8');
const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
afterAll(cleanUp);
beforeEach(() => process.chdir('/'));
afterEach(() => {
  process.chdir(cwd);
  rmSync(join(folder, 'state'), { recursive: true, force: true });
});

/** What a daemon of an app leaves behind; this process stands for it. */
function running(app: string, port: number, note: object = { startTime }): { repo: string; state: string; url: string } {
  const repo = join(folder, app);
  mkdirSync(repo, { recursive: true });
  const state = stateFolderOf(repo, env);
  mkdirSync(state, { recursive: true });
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(state, 'daemon.json'), JSON.stringify({ pid: process.pid, url, gateway: 'http://app.localhost:1', ...note }));
  writeFileSync(join(state, 'cli-token'), `token-of-${app}`);
  return { repo, state, url };
}

describe('which daemon', () => {
  test('none: how to start one', () => {
    const chosen = chooseDaemon({}, env);
    expect(chosen).toMatchObject({ ok: false, exit: 69, message: 'No daemon runs.' });
    expect(chosen).toHaveProperty('remedy', expect.stringContaining('codex-builder serve --repo PATH'));
  });

  test('the only one that runs; one that was killed is none', () => {
    const shop = running('shop', 4400);
    running('gone', 4500, { startTime: '1' });
    expect(chooseDaemon({}, env)).toMatchObject({ ok: true, url: shop.url, token: 'token-of-shop' });
  });

  test('several: which, and how to choose', async () => {
    const [shop, blog] = [running('shop', 4400), running('blog', 4500)];
    const said = await runCli(['runs'], { env });
    expect(said).toMatchObject({ code: 64, out: '' });
    expect(said.err).toContain(`  blog  ${blog.url}  --state ${blog.state}\n  shop  ${shop.url}  --state ${shop.state}\n`);
    for (const way of ['--repo', '--state', 'CODEX_BUILDER_URL', 'the folder of the app']) expect(said.err).toContain(way);
    expect(chooseDaemon({ repo: blog.repo }, env)).toMatchObject({ url: blog.url, token: 'token-of-blog' });
    expect(chooseDaemon({ state: shop.state }, env)).toMatchObject({ url: shop.url });
    expect(chooseDaemon({}, { ...env, CODEX_BUILDER_URL: `${blog.url}/codex` })).toMatchObject({ url: blog.url, token: 'token-of-blog' });
    expect(chooseDaemon({}, { ...env, CODEX_BUILDER_REPO: shop.repo })).toMatchObject({ url: shop.url });
    writeFileSync(join(blog.repo, 'codex-builder.jsonc'), '{}');
    mkdirSync(join(blog.repo, 'deep'));
    process.chdir(join(blog.repo, 'deep'));
    expect(chooseDaemon({}, env)).toMatchObject({ url: blog.url });
    expect(chooseDaemon({ repo: shop.repo }, env), 'a flag is said on purpose').toMatchObject({ url: shop.url });
  });

  test('one that is named and does not run: how to start it, and which do', () => {
    const shop = running('shop', 4400);
    mkdirSync(join(folder, 'other'), { recursive: true });
    const chosen = chooseDaemon({ repo: join(folder, 'other') }, env);
    expect(chosen).toMatchObject({ ok: false, exit: 69, remedy: `Start it: codex-builder serve --repo ${join(folder, 'other')}` });
    expect(chosen).toHaveProperty('message', expect.stringContaining(`These run:\n  shop  ${shop.url}`));
  });

  test('an address: with its own token, one that is not known, one that is none', () => {
    expect(chooseDaemon({}, { ...env, CODEX_BUILDER_URL: 'http://127.0.0.1:9', CODEX_BUILDER_TOKEN: 't' })).toMatchObject({
      ok: true,
      url: 'http://127.0.0.1:9',
      token: 't',
    });
    expect(chooseDaemon({}, { ...env, CODEX_BUILDER_URL: 'http://127.0.0.1:9' })).toMatchObject({ ok: false, exit: 69 });
    expect(chooseDaemon({}, { ...env, CODEX_BUILDER_URL: 'localhost' })).toMatchObject({ ok: false, exit: 64 });
  });

  test('a token that cannot be read, half a note', () => {
    const shop = running('shop', 4400);
    rmSync(join(shop.state, 'cli-token'));
    expect(chooseDaemon({}, env)).toMatchObject({ ok: false, exit: 77 });
    writeFileSync(join(shop.state, 'daemon.json'), '{"pid":');
    expect(chooseDaemon({}, env)).toMatchObject({ ok: false, exit: 69 });
  });

  test('serve and stop take the app around the current folder', async () => {
    const [shop, blog] = [running('shop', 4400), running('blog', 4500, { pid: 2 ** 22 + 1, startTime: '1' })];
    writeFileSync(join(blog.repo, 'codex-builder.jsonc'), '{}');
    let given: readonly string[] = [];
    const serve = async (argv: readonly string[]) => {
      given = argv;
      return 0;
    };
    process.chdir(blog.repo);
    await runCli(['serve', '--port', '4501'], { env, programs: { serve } });
    expect(given).toEqual([`--repo=${blog.repo}`, '--port=4501']);
    await runCli(['serve'], { env: { ...env, CODEX_BUILDER_REPO: shop.repo }, programs: { serve } });
    expect(given, 'the daemon reads it itself').toEqual([]);
    const stopped = await runCli(['stop'], { env });
    expect(stopped).toMatchObject({ code: 0, err: `These still run:\n  shop  ${shop.url}  --state ${shop.state}\n` });
  });

  test('several: stop ends none of them unasked', async () => {
    running('shop', 4400);
    running('blog', 4500);
    expect(await runCli(['stop'], { env })).toMatchObject({ code: 64, out: '' });
  });

  test('one that does not answer any more', async () => {
    const { state } = running('shop', 9);
    const said = await runCli(['runs', '--state', state], { env });
    expect(said).toMatchObject({ code: 69, out: '' });
    expect(said.err).toContain(`codex-builder doctor --state ${state}`);
    const json = JSON.parse((await runCli(['runs', '--json', '--state', state], { env })).err) as { error: { code: string } };
    expect(json.error.code).toBe('unreachable');
  });
});
