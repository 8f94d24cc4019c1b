import { describe, expect, test } from 'vitest';
import { load } from '../../daemon/config/load.ts';
import { Settings } from '../../daemon/config/settings.ts';
import { createSettingsAt } from '../../daemon/config/settings-at.ts';
import { stateFolderOf } from '../../daemon/config/state-folder.ts';
import { loadHostSettings } from '../../daemon/config/variables.ts';

const SETTINGS_FILE = 'codex-builder.jsonc';
const LEAST = { preview: { command: 'node app.mjs' }, deploy: { start: 'node app.mjs' } };
const settings = (more: object) => load(JSON.stringify({ ...LEAST, ...more }), Settings);

describe('codex-builder.jsonc', () => {
  test('the least one has every default', () => {
    const loaded = settings({});
    expect(loaded.ok && loaded.value).toMatchObject({
      slots: [{}, {}, {}],
      lease: { idleTtlMs: 1_800_000, maxHoldMs: 86_400_000, heartbeatMs: 20_000 },
      limits: { queue: 100, agents: 3 },
      timeouts: { runMs: 2_700_000 },
      checks: [],
      smoke: { core: ['/'], routes: {} },
      deploy: { mode: 'managed' },
      policy: { maxFiles: 40, maxLines: 1_500 },
    });
  });

  test('comments and trailing commas are read', () => {
    expect(load(`// ours\n{ "preview": { "command": "a" }, /* x */ "deploy": { "start": "b", }, }`, Settings).ok).toBe(true);
  });

  test('a misspelled limit is refused by name, not ignored', () => {
    for (const [more, named] of [
      [{ timeouts: { runMS: 5 } }, 'timeouts'],
      [{ limts: {} }, 'limts'],
      [{ policy: { maxFile: 1 } }, 'policy'],
    ] as const) {
      const loaded = settings(more);
      expect(loaded.ok).toBe(false);
      expect(loaded.ok ? '' : loaded.problems.join()).toContain(named);
    }
  });

  test('every problem is told at once, each with its place', () => {
    const loaded = load('{"preview": {"command": ""}, "deploy": {}, "slots": [], "timeouts": {"runMs": 0}}', Settings);
    expect(loaded.ok ? [] : loaded.problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'deploy.start',
      'preview.command',
      'slots',
      'timeouts.runMs',
    ]);
    const torn = load('{\n  "preview": {\n', Settings);
    expect(torn.ok ? [] : torn.problems[0]).toMatch(/^line \d+: /);
    for (const text of ['', 'null', '[]', '"x"', '{}']) expect(load(text, Settings).ok).toBe(false);
  });

  test('SEC what the host allows cannot be said in the repository', () => {
    for (const key of ['sandbox', 'agent', 'budgets', 'gateway', 'secrets']) expect(settings({ [key]: {} }).ok, key).toBe(false);
  });

  test('two checks of one name are refused, for one row would show the last of them only', () => {
    const check = (name: string) => ({ name, command: 'true' });
    expect(settings({ checks: [check('unit'), check('lint')] }).ok).toBe(true);
    const twice = settings({ checks: [check('unit'), check('lint'), check('unit')] });
    expect(twice.ok ? '' : twice.problems.join()).toContain('names must differ');
    expect(settings({ checks: [check('health')] }).ok).toBe(false);
  });

  test.each(['../x.db', '/etc/x.db', 'a/../../x.db', '..', 'a\n/../../x.db', 'a\0b', ''])(
    'the database file cannot lie outside its folder: %j',
    (file) => {
      expect(settings({ preview: { command: 'a', data: { kind: 'sqlite', file } } }).ok).toBe(false);
    },
  );

  test.each(['data/app.db', 'a..b.db', '.hidden/x'])('a database file within its folder is taken: %j', (file) => {
    expect(settings({ preview: { command: 'a', data: { kind: 'sqlite', file } } }).ok).toBe(true);
  });

  test.each([
    ['health path', { preview: { command: 'a', health: { path: 'health' } } }],
    ['core route', { smoke: { core: ['cart'] } }],
    ['variable', { setup: { command: 'a', env: { 'A B': '1' } } }],
    ['check name', { checks: [{ name: '../x', command: 'a' }] }],
    ['ten slots', { slots: Array(10).fill({}) }],
    ['a fraction of a millisecond', { timeouts: { runMs: 1.5 } }],
  ])('refused: %s', (_what, more) => {
    expect(settings(more).ok).toBe(false);
  });
});

describe('settings at a commit', () => {
  test('a commit is read once, a missing file and a broken one are said with its name', async () => {
    const files: Record<string, string | undefined> = { good: JSON.stringify(LEAST), broken: '{"x": 1}' };
    const asked: string[] = [];
    const settingsAt = createSettingsAt({
      readFile(commit, path) {
        asked.push(`${commit}:${path}`);
        return Promise.resolve(files[commit]);
      },
    });
    expect((await settingsAt('good')).ok).toBe(true);
    files['good'] = '{}';
    expect((await settingsAt('good')).ok).toBe(true);
    expect(asked).toEqual([`good:${SETTINGS_FILE}`]);
    const missing = await settingsAt('none');
    expect(missing.ok ? [] : missing.problems).toEqual([`There is no ${SETTINGS_FILE} on main.`]);
    const broken = await settingsAt('broken');
    expect(broken.ok ? [] : broken.problems.every((problem) => problem.startsWith(`${SETTINGS_FILE} `))).toBe(true);
  });
});

describe('host.jsonc and variables', () => {
  test('a variable wins over the file, and an empty one does not', () => {
    const text = '{"agent": {"model": "from-file"}}';
    const model = (env: Record<string, string>) => {
      const loaded = loadHostSettings(text, env);
      return loaded.ok ? loaded.value.agent.model : loaded.problems;
    };
    expect(model({})).toBe('from-file');
    expect(model({ CODEX_BUILDER_AGENT_MODEL: 'from-env' })).toBe('from-env');
    expect(model({ CODEX_BUILDER_AGENT_MODEL: '' })).toBe('from-file');
  });

  test('parts of a provider may come from both', () => {
    const loaded = loadHostSettings('{"agent": {"provider": {"baseUrl": "http://a"}}}', { CODEX_BUILDER_AGENT_PROVIDER_ENV_KEY: 'KEY' });
    expect(loaded.ok && loaded.value.agent.provider).toEqual({ name: 'custom', baseUrl: 'http://a', envKey: 'KEY' });
  });

  test.each([
    ['CODEX_BUILDER_BUDGETS_RUN_TOKENS', 'many'],
    ['CODEX_BUILDER_BUDGETS_RUN_TOKENS', '-1'],
    ['CODEX_BUILDER_DISK_FLOOR_BYTES', '0'],
    ['CODEX_BUILDER_SANDBOX_PROVIDER', 'docker'],
    ['CODEX_BUILDER_AGENT_PROVIDER_BASE_URL', 'file:///x'],
  ])('a variable that makes no sense stops the start instead of being ignored: %s=%s', (name, value) => {
    const loaded = loadHostSettings('{}', { [name]: value });
    expect(loaded.ok ? [] : loaded.problems).toEqual([expect.stringMatching(`^${name}: `)]);
  });

  test('what agents may run has a short list against it, and a list of the host takes its place', () => {
    const agent = (text: string, env: Record<string, string> = {}) => {
      const loaded = loadHostSettings(text, env);
      return loaded.ok ? loaded.value.agent : loaded.problems;
    };
    expect(agent('{}')).toMatchObject({
      signIn: 'auto',
      signInHosts: ['chatgpt.com'],
      commands: { deny: expect.arrayContaining(['git push', 'sudo']), onDenied: 'refuse' },
    });
    expect(agent('{}')).not.toHaveProperty('commands.allow');
    expect(agent('{"agent": {"commands": {"deny": []}}}')).toMatchObject({ commands: { deny: [] } });
    const env = {
      CODEX_BUILDER_AGENT_SIGN_IN: 'chatgpt',
      CODEX_BUILDER_AGENT_COMMANDS_ALLOW: 'git status, npm run *',
      CODEX_BUILDER_AGENT_COMMANDS_ON_DENIED: 'end',
    };
    expect(agent('{}', env)).toMatchObject({ signIn: 'chatgpt', commands: { allow: ['git status', 'npm run *'], onDenied: 'end' } });
    for (const wrong of ['{"allow": [""]}', '{"deny": [" sudo"]}', '{"onDenied": "warn"}', '{"denied": []}'])
      expect(loadHostSettings(`{"agent": {"commands": ${wrong}}}`, {}).ok, wrong).toBe(false);
    for (const host of ['https://chatgpt.com', '10.0.0.1 ', '*', 'localhost'])
      expect(loadHostSettings(JSON.stringify({ agent: { signInHosts: [host] } }), {}).ok, host).toBe(false);
  });

  test('an unknown key of the host is refused', () => {
    expect(loadHostSettings('{"sandbox": {"provider": "none", "reason": "x"}}', {}).ok).toBe(false);
  });
});

test('two repositories of one name have two state folders, and one repository has one', () => {
  const env = { XDG_STATE_HOME: '/state' };
  const one = stateFolderOf('/a/shop', env);
  expect(stateFolderOf('/a/shop', env)).toBe(one);
  expect(stateFolderOf('/b/shop', env)).not.toBe(one);
  expect(one).toMatch(/^\/state\/codex-builder\/shop-[0-9a-f]{8}$/);
  expect(stateFolderOf('/a/Sch\u00f6n & gut', { HOME: '/h' })).toMatch(/^\/h\/\.local\/state\/codex-builder\/sch-n-gut-[0-9a-f]{8}$/);
});
