import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { keepEnvironment } from '../../daemon/local/service/environment.ts';
import { installUnit, removeUnit } from '../../daemon/local/service/systemd.ts';
import { unitName, unitText } from '../../daemon/local/service/unit.ts';
import { temporaryFolder } from '../support/repository.ts';
import { runCli } from './run-cli.ts';

const { folder: root, cleanUp } = temporaryFolder();
afterAll(cleanUp);

const hasSystemd = existsSync('/run/systemd/system');
const SERVICE = {
  system: false,
  node: process.execPath,
  startScript: join(import.meta.dirname, '../../scripts/start.mjs'),
  repo: '/srv/shop',
  stateFolder: '/var/lib/shop',
  port: undefined,
  gatewayPort: undefined,
  path: '/usr/local/bin:/usr/bin:/bin',
  home: '/srv',
};

/** The keys of a unit, several of a name joined. */
function keysOf(text: string): Record<string, string> {
  const keys: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined) keys[key] = keys[key] === undefined ? value! : `${keys[key]}\n${value}`;
  }
  return keys;
}

/** What systemd itself says against a unit; undefined where it is not installed. */
function verify(text: string, name = 'codex-builder-test.service'): string | undefined {
  const file = join(mkdtempSync(join(root, 'unit-')), name);
  writeFileSync(file, text);
  const said = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
  return said.error === undefined ? `${said.status} ${said.stderr}`.trim() : undefined;
}

describe('the unit', () => {
  test('ends the daemon alone, and tries again only what can succeed', () => {
    expect(keysOf(unitText(SERVICE))).toMatchObject({
      Type: 'exec',
      KillMode: 'process',
      Restart: 'on-failure',
      RestartPreventExitStatus: '64 75 78',
      UMask: '0077',
      EnvironmentFile: '-/var/lib/shop/daemon.env',
      WorkingDirectory: '/var/lib/shop',
      WantedBy: 'default.target',
      ExecStart: `"${SERVICE.node}" "${SERVICE.startScript}" "--repo" "/srv/shop" "--state" "/var/lib/shop"`,
    });
    const system = keysOf(unitText({ ...SERVICE, system: true, port: '4500', gatewayPort: '4501' }));
    expect(system['WantedBy']).toBe('multi-user.target');
    expect(system['ExecStart']).toContain('"--port" "4500" "--gateway-port" "4501"');
  });

  test('systemd takes it, and one that is wrong it does not', () => {
    const said = verify(unitText(SERVICE));
    if (said === undefined) return;
    expect(said).toBe('0');
    expect(verify(unitText(SERVICE).replace('KillMode=process', 'KillMode=procces'))).toContain('kill mode');
    expect(verify(unitText({ ...SERVICE, node: '/nowhere/node' }))).toContain('/nowhere/node');
  });

  test('SEC a path with blanks, quotes, dollars and percents stays one argument, word for word', () => {
    const nasty = mkdtempSync(join(root, 'it\'s "50%" of $HOME \\ '));
    const text = unitText({ ...SERVICE, repo: nasty, stateFolder: nasty });
    expect(text).toContain('50%%');
    expect(text).toContain('$$HOME');
    const said = verify(text);
    if (said !== undefined) expect(said).toBe('0');
    // Back through systemd's own rules: unquote, then % and $.
    const command = keysOf(text)['ExecStart']!;
    const words = [...command.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) =>
      word!.replace(/\\(.)/g, '$1').replaceAll('%%', '%').replaceAll('$$', '$'),
    );
    expect(words.slice(2)).toEqual(['--repo', nasty, '--state', nasty]);
    expect(() => unitText({ ...SERVICE, repo: '/srv/a\nExecStartPre=/bin/evil' })).toThrow('line break');
  });

  test('each app has a unit of its own', () => {
    expect(unitName('/state/codex-builder/shop-1234abcd')).toBe('codex-builder-shop-1234abcd.service');
    expect(unitName('/state/a b/../x@y')).toBe('codex-builder-x-y.service');
  });
});

describe('install-service', () => {
  const repo = join(root, 'shop');
  mkdirSync(repo);

  test('--print shows the unit anywhere and writes nothing', async () => {
    const state = join(root, 'not-made');
    const said = await runCli(['install-service', '--print', '--repo', repo, '--state', state, '--port', '4500']);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(keysOf(said.out)['ExecStart']).toContain(`"--repo" "${repo}" "--state" "${state}" "--port" "4500"`);
    expect(existsSync(state)).toBe(false);
    const json = JSON.parse((await runCli(['install-service', '--print', '--json', '--system', '--repo', repo])).out) as Record<
      string,
      string
    >;
    expect(json).toMatchObject({ status: 'shown', system: true });
    expect(json['file']).toMatch(/^\/etc\/systemd\/system\/codex-builder-shop-[0-9a-f]{8}\.service$/);
    expect(json['text']).toContain('WantedBy=multi-user.target');
  });

  test('without an app, or with a port that is none, it is called wrongly', async () => {
    expect(await runCli(['install-service', '--print', '--state', join(root, 's')])).toMatchObject({ code: 64 });
    expect(await runCli(['install-service', '--print', '--repo', repo, '--port', '80x'])).toMatchObject({ code: 64 });
    expect(await runCli(['install-service', '--print', '--repo', join(root, 'nowhere')])).toMatchObject({ code: 64 });
  });

  test.skipIf(hasSystemd)('where systemd does not run it says so and what to do, with 78, and leaves nothing', async () => {
    const state = join(root, 'untouched');
    const env = { XDG_CONFIG_HOME: join(root, 'config'), CODEX_BUILDER_AGENT_API_KEY: 'sk-secret' };
    for (const flags of [[], ['--system']]) {
      const said = await runCli(['install-service', '--repo', repo, '--state', state, ...flags], { env });
      expect(said).toMatchObject({ code: 78, out: '' });
      expect(said.err).toContain('systemd does not run this machine');
      expect(said.err).toContain('codex-builder serve');
    }
    expect(existsSync(state)).toBe(false);
    expect(existsSync(join(root, 'config'))).toBe(false);
  });

  test('uninstall where there is none says so', async () => {
    const said = await runCli(['uninstall-service', '--json', '--repo', repo], { env: { XDG_CONFIG_HOME: join(root, 'config') } });
    expect(said.code).toBe(0);
    expect(JSON.parse(said.out)).toMatchObject({ status: 'absent' });
  });
});

describe('what is asked of systemd', () => {
  /** A systemctl that writes down what it was asked and fails where it is told to; the real one needs a machine of its own. */
  function arrange(fails = 'never') {
    const home = mkdtempSync(join(root, 'home-'));
    const asked = join(home, 'asked');
    writeFileSync(
      join(home, 'systemctl'),
      `#!/bin/sh\necho "$*" >> ${asked}\ncase "$*" in *${fails}*) echo no such luck >&2; exit 5 ;; esac\n`,
      {
        mode: 0o755,
      },
    );
    return { file: join(home, 'units', 'x.service'), env: { PATH: `${home}:/usr/bin:/bin` }, asked: () => readFileSync(asked, 'utf8') };
  }

  test('to know the unit, to start it at every boot, and to start it now', async () => {
    const { file, env, asked } = arrange();
    expect(await installUnit(file, 'text', false, env)).toEqual({ ok: true });
    expect(readFileSync(file, 'utf8')).toBe('text');
    expect(asked()).toBe('--user daemon-reload\n--user enable x.service\n--user restart x.service\n');
  });

  test('a refusal names the step and where to look', async () => {
    const { file, env } = arrange('restart');
    expect(await installUnit(file, 'text', true, env)).toMatchObject({
      ok: false,
      detail: 'systemctl restart x.service failed: no such luck',
      remedy: expect.stringContaining('journalctl -u x.service'),
    });
  });

  test('to stop it and forget it; what could not be stopped keeps its unit', async () => {
    const stuck = arrange('disable');
    await installUnit(stuck.file, 'text', false, stuck.env);
    expect(await removeUnit(stuck.file, false, stuck.env)).toMatchObject({ ok: false });
    expect(existsSync(stuck.file)).toBe(true);
    const { file, env, asked } = arrange();
    await installUnit(file, 'text', false, env);
    expect(await removeUnit(file, false, env)).toEqual({ ok: true });
    expect(existsSync(file)).toBe(false);
    expect(asked()).toContain('--user disable --now x.service\n--user daemon-reload\n');
    expect(await removeUnit(file, false, env)).toEqual({ absent: true });
  });

  test('SEC keys go into a file that only the daemon reads, once', () => {
    const state = join(root, 'kept');
    const kept = keepEnvironment(state, {
      CODEX_BUILDER_AGENT_API_KEY: 'sk-"$x\\',
      CODEX_BUILDER_REPO: '/srv',
      HOME: '/home',
      CODEX_BUILDER_LOG_LEVEL: '',
    });
    expect(kept).toEqual({ file: join(state, 'daemon.env'), names: ['CODEX_BUILDER_AGENT_API_KEY'], wasThere: false });
    expect([statSync(state).mode & 0o777, statSync(kept.file).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(readFileSync(kept.file, 'utf8').split('\n')[1]).toBe('CODEX_BUILDER_AGENT_API_KEY="sk-\\"\\$x\\\\"');
    writeFileSync(kept.file, 'mine');
    expect(keepEnvironment(state, { CODEX_BUILDER_AGENT_API_KEY: 'other' })).toMatchObject({ wasThere: true });
    expect(readFileSync(kept.file, 'utf8')).toBe('mine');
  });
});
