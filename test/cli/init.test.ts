import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { load } from '../../daemon/config/load.ts';
import { Settings } from '../../daemon/config/settings.ts';
import { makeSample } from '../scripts/run-sample.ts';
import { hashFolder, makeRepository, runGit, type TestRepository, temporaryFolder } from '../support/repository.ts';
import { type CliOptions, runCli } from './run-cli.ts';

const FILE = 'codex-builder.jsonc';
const { folder: root, cleanUp } = temporaryFolder();
afterAll(cleanUp);

const APP = {
  'package.json': JSON.stringify({ name: 'shop', scripts: { start: 'node server.mjs', test: 'node --test' } }),
  'server.mjs': "import { createServer } from 'node:http';\ncreateServer().listen(process.env.PORT, '127.0.0.1');\n",
};
let count = 0;

function makeApp(files: Readonly<Record<string, string>> = APP, branch = 'main'): TestRepository {
  count += 1;
  const repository = makeRepository(join(root, `app-${count}`), files, branch);
  repository.git('config', 'user.name', 'Some Person');
  repository.git('config', 'user.email', 'some@person.test');
  return repository;
}

const init = (repository: TestRepository, flags: readonly string[], options: CliOptions = {}) =>
  runCli(['init', '--repo', repository.folder, ...flags], options);

describe('init --yes', () => {
  test('commits its own file, as the person, and nothing else of theirs', async () => {
    const app = makeApp();
    app.write({ 'server.mjs': `// half done\n${APP['server.mjs']}`, 'notes.txt': 'mine' });
    const said = await init(app, ['--yes']);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(app.git('show', '--format=%an <%ae> / %cn', '--name-status', 'HEAD')).toBe(
      `Some Person <some@person.test> / Some Person\n\nA\t${FILE}`,
    );
    expect(app.git('status', '--porcelain')).toBe('M server.mjs\n?? notes.txt');
    expect(app.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    const text = readFileSync(join(app.folder, FILE), 'utf8');
    expect(load(text, Settings).ok).toBe(true);
    expect(text).toContain('from package.json scripts.test');
    expect(text).toContain('"start": "node server.mjs"');
  });

  test('hooks of the person run; one that refuses leaves everything as it was', async () => {
    const app = makeApp();
    const hook = join(app.folder, '.git/hooks/pre-commit');
    mkdirSync(join(app.folder, '.git/hooks'), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const before = app.tip();
    const said = await init(app, ['--yes']);
    expect(said.code).toBe(1);
    expect(said.err).toContain('not on a Friday');
    expect(app.tip()).toBe(before);
    expect(app.git('status', '--porcelain')).toBe('');

    writeFileSync(hook, '#!/bin/sh\ntouch hook-was-here\n');
    expect((await init(app, ['--yes'])).code).toBe(0);
    expect(existsSync(join(app.folder, 'hook-was-here'))).toBe(true);
  });

  test('a folder inside the repository is taken as the app', async () => {
    const app = makeApp({
      'package.json': '{"name":"all","workspaces":["sites/*"]}',
      'sites/one/index.html': 'x',
      'sites/two/index.html': 'y',
    });
    const said = await runCli(['init', '--yes', '--repo', join(app.folder, 'sites/two')]);
    expect(said.code).toBe(0);
    expect(readFileSync(join(app.folder, FILE), 'utf8')).toContain('"folder": "sites/two"');
  });

  test('what only a person can say is said, and the file is still valid', async () => {
    const app = makeApp({ 'main.go': 'package main', 'go.mod': 'module x' });
    const said = await init(app, ['--yes']);
    expect(said.code).toBe(0);
    expect(said.err).toContain('Only you can say preview.command and deploy.start');
    expect(load(app.git('show', `main:${FILE}`), Settings).ok).toBe(true);
  });

  test('as JSON: what happened, where, and what is still to be said', async () => {
    const app = makeApp();
    const said = await init(app, ['--yes', '--json']);
    expect(JSON.parse(said.out)).toMatchObject({
      status: 'committed',
      commit: app.tip(),
      file: join(app.folder, FILE),
      framework: 'Node server',
      folder: '.',
      unknown: [],
    });
  });
});

describe('init --yes refuses and changes nothing', () => {
  const NO_IDENTITY = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  test.each<[string, (app: TestRepository) => unknown, string, string]>([
    ['another branch', (app) => app.git('switch', '-q', '-c', 'feature'), 'has feature checked out', 'switch main'],
    ['no branch', (app) => app.git('switch', '-q', '--detach'), 'no branch', 'switch main'],
    ['staged changes', (app) => [app.write({ 'a.txt': 'a' }), app.git('add', 'a.txt')], 'staged changes', 'restore --staged'],
    ['no main', (app) => app.git('branch', '-m', 'main', 'master'), 'no branch called main (it has master)', 'branch -m master main'],
    ['no identity', (app) => app.git('config', '--remove-section', 'user'), 'does not know who you are', 'config user.name'],
    ['an ignored file', (app) => void app.commit({ '.gitignore': '*.jsonc\n' }), 'is ignored', '.gitignore'],
    [
      'a merge under way',
      (app) => {
        app.git('switch', '-q', '-c', 'other');
        app.commit({ 'other.txt': '1' });
        app.git('switch', '-q', 'main');
        app.commit({ 'ours.txt': '1' });
        app.git('merge', '-q', '--no-commit', '--no-ff', 'other');
      },
      'A merge, rebase or cherry-pick is under way',
      'Finish it',
    ],
  ])('%s', async (_what, arrange, detail, remedy) => {
    const app = makeApp();
    arrange(app);
    const [before, status] = [app.git('for-each-ref'), app.git('status', '--porcelain')];
    const said = await init(app, ['--yes'], { env: NO_IDENTITY });
    expect(said).toMatchObject({ code: 1, out: '' });
    expect(said.err).toContain(detail);
    expect(said.err).toContain(remedy);
    expect([app.git('for-each-ref'), app.git('status', '--porcelain')]).toEqual([before, status]);
    expect(existsSync(join(app.folder, FILE))).toBe(false);
  });

  test('what is no repository, a bare one, or one without a commit', async () => {
    const plain = join(root, 'plain');
    mkdirSync(plain);
    expect((await runCli(['init', '--yes', '--repo', plain])).err).toMatch(/is not in a git repository[\s\S]*init -b main/);
    expect((await runCli(['init', '--yes', '--repo', join(root, 'nowhere')])).err).toContain('does not exist');
    const app = makeApp();
    app.git('clone', '-q', '--bare', app.folder, join(root, 'bare.git'));
    expect((await runCli(['init', '--yes', '--repo', join(root, 'bare.git')])).err).toContain('is a bare repository');
    const empty = makeApp({});
    const said = await init(empty, ['--yes']);
    expect(said.code).toBe(1);
    expect(said.err).toContain('has no commit yet');
  });
});

test('what init makes of the sample app is what its own settings say', async () => {
  const sample = await makeSample(mkdtempSync(join(root, 'sample-')));
  const git = (...args: readonly string[]) => runGit(sample, ['-c', 'user.name=P', '-c', 'user.email=p@x.test', ...args]);
  const own = load(readFileSync(join(sample, FILE), 'utf8'), Settings);
  git('rm', '-q', FILE);
  git('commit', '-q', '-m', 'without settings');
  const said = await runCli(['init', '--print', '--repo', sample]);
  const made = load(said.out, Settings);
  if (!own.ok || !made.ok) throw new Error('settings that are not valid');
  const essence = ({ preview, deploy, setup, folder }: Settings) => ({
    setup,
    folder,
    preview: { ...preview, health: preview.health.path },
    deploy: { ...deploy, health: deploy.health.path },
  });
  expect(essence(made.value)).toEqual(essence(own.value));
  expect(made.value.checks.map(({ name, command }) => [name, command])).toEqual([
    ['lint', 'npm run lint'],
    ['test', 'npm test'],
  ]);
});

describe('init on a terminal', () => {
  test('shows the file and asks; yes writes it and commits nothing', async () => {
    const app = makeApp();
    const before = app.tip();
    const said = await init(app, [], { answer: true });
    expect(said.code).toBe(0);
    expect(said.out).toContain('"start": "node server.mjs"');
    expect(said.err).toContain('git -C');
    expect(readFileSync(join(app.folder, FILE), 'utf8')).toBe(said.out);
    expect(app.tip()).toBe(before);
  });

  test('no writes nothing', async () => {
    const app = makeApp();
    const before = hashFolder(join(app.folder));
    expect((await init(app, [], { answer: false })).code).toBe(1);
    expect(hashFolder(app.folder)).toBe(before);
  });

  test('where nobody can be asked it is shown, not written', async () => {
    const app = makeApp();
    const said = await init(app, []);
    expect(said.code).toBe(1);
    expect(said.err).toContain('--yes');
    expect(existsSync(join(app.folder, FILE))).toBe(false);
    const printed = await init(app, ['--print'], { answer: true });
    expect(printed).toMatchObject({ code: 0, out: said.out, err: '' });
    expect(existsSync(join(app.folder, FILE))).toBe(false);
  });
});

describe('a file that is there already', () => {
  test('is held against the settings and left alone', async () => {
    const app = makeApp();
    await init(app, ['--yes']);
    const before = hashFolder(app.folder);
    const said = await init(app, ['--yes']);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(said.out).toContain('is there already, and it is valid');
    expect(hashFolder(app.folder)).toBe(before);
  });

  test('every problem is listed at once with its place, exit code 78', async () => {
    const app = makeApp({ ...APP, [FILE]: '{"preview": {"command": ""}, "deploy": {"strat": "x"}, "timeouts": {"runMs": 0}}' });
    const said = await init(app, ['--yes']);
    expect(said.code).toBe(78);
    for (const place of ['preview.command', 'deploy', 'timeouts.runMs']) expect(said.err).toContain(place);
    const json = JSON.parse((await init(app, ['--json'])).out) as { valid: boolean; problems: string[] };
    expect(json.valid).toBe(false);
    expect(json.problems.length).toBeGreaterThan(2);
  });

  test('one that is not on main yet is said to be', async () => {
    const app = makeApp();
    await init(app, [], { answer: true });
    expect((await init(app, [])).out).toContain('It is not on main yet');
    app.git('add', FILE);
    app.git('commit', '-q', '-m', 'settings');
    expect((await init(app, [])).out).not.toContain('not on main');
    app.write({ [FILE]: readFileSync(join(app.folder, FILE), 'utf8').replace('npm test', 'npm run other') });
    expect((await init(app, [])).out).toContain('differs from the one on main');
  });

  test('SEC a link of that name is not written through', async () => {
    const app = makeApp();
    const target = join(root, 'target.txt');
    symlinkSync(target, join(app.folder, FILE));
    for (const flags of [['--yes'], []]) {
      const said = await init(app, flags, { answer: true });
      expect(said.code).toBe(1);
      expect(said.err).toContain('is not a file');
    }
    expect(existsSync(target)).toBe(false);
  });
});
