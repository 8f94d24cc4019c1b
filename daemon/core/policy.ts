import type { Policy, PolicyReason } from '#shared/policy.ts';
import type { FileDiff } from '#shared/review.ts';
import { globMatches } from './glob.ts';
import { judgeMigrations, type MigrationsVerdict } from './migrations-verdict.ts';
import { secretsInPatch } from './secrets.ts';

/** Changes when a rule changes, so that an old verdict is not taken for a new one. */
const POLICY_VERSION = 3;

export interface PolicySettings {
  rules: readonly { name: string; paths: readonly string[]; message: string; severity: 'note' | 'manual' | 'block' }[];
  migrations: readonly string[];
  maxFiles: number;
  maxLines: number;
}

interface PathRule {
  rule: string;
  paths: readonly string[];
  message: string;
}

// biome-ignore format: a table is read by column
const PATH_RULES: readonly PathRule[] = [
  { rule: 'auth',         message: 'Touches sign-in, sessions or permissions.',        paths: ['**/*auth*/**', '**/*auth*', '**/*session*', '**/*permission*', '**/*login*', '**/*password*'] },
  { rule: 'billing',      message: 'Touches billing or payment.',                      paths: ['**/*billing*/**', '**/*billing*', '**/*payment*/**', '**/*payment*', '**/*invoice*', '**/*checkout*'] },
  { rule: 'crypto',       message: 'Touches encryption or signing.',                    paths: ['**/*crypto*/**', '**/*crypto*'] },
  { rule: 'environment',  message: 'Touches environment files or keys.',               paths: ['**/.env*', '**/*.pem', '**/*.key', '**/*.p12', '**/*.pfx', '**/*.jks', '**/id_rsa*', '**/id_ed25519*', '**/.netrc', '**/.htpasswd'] },
  { rule: 'dependencies', message: 'Changes dependencies.',                            paths: ['**/package-lock.json', '**/pnpm-lock.yaml', '**/yarn.lock', '**/bun.lock*', '**/npm-shrinkwrap.json', '**/.npmrc', '**/.yarnrc*', '**/.pnpmfile.*', '**/pnpm-workspace.yaml', '**/Cargo.lock', '**/go.sum', '**/Gemfile*', '**/poetry.lock', '**/requirements*.txt', '**/composer.*'] },
  { rule: 'scripts',      message: 'Changes what the project runs (scripts, hooks, tool configuration).', paths: ['**/package.json', '**/.husky/**', '**/.githooks/**', '**/lefthook*', '**/.pre-commit-config.yaml', '**/*.config.?js', '**/*.config.js', '**/*.config.?ts', '**/*.config.ts', '**/*.config.json', '**/.*rc', '**/.*rc.*', '**/tsconfig*.json', '**/biome.json*', '**/Makefile', '**/scripts/release*'] },
  { rule: 'ci',           message: 'Changes continuous integration.',                  paths: ['.github/**', '.gitlab-ci.yml', '.gitlab/**', '.ci/**', '.circleci/**', '.buildkite/**', '**/Jenkinsfile*', 'azure-pipelines*', 'bitbucket-pipelines.yml', '.travis.yml', '.drone.yml'] },
  { rule: 'infra',        message: 'Changes infrastructure or deployment.',            paths: ['**/Dockerfile*', '**/docker-compose*', '**/compose*.y*ml', '**/*.tf', '**/*.tfvars', '**/k8s/**', '**/helm/**', '**/charts/**', '**/Procfile', '**/fly.toml', '**/vercel.json', '**/netlify.toml', '**/wrangler.*', '**/nginx*', '**/*.service', '**/deploy*', '**/deploy*/**'] },
  { rule: 'agent-config', message: 'Changes what coding agents are told.',             paths: ['**/AGENTS.md', '**/AGENTS.override.md', '**/.codex/**', '**/.agents/**', '**/.claude/**', '**/CLAUDE.md', '**/.gemini/**', '**/GEMINI.md', '**/.mcp.json', '**/.cursor/**', '**/.cursorrules', '**/.devcontainer/**', '**/.vscode/**'] },
  { rule: 'git-metadata', message: 'Changes how git treats files.',                    paths: ['**/.gitattributes', '**/.gitmodules', '**/.gitignore'] },
  { rule: 'own-settings', message: 'Changes the settings of Codex Builder itself.',    paths: ['codex-builder.jsonc', '**/codex-builder.jsonc'] },
];

const TEST_PATHS = [
  '**/test/**',
  '**/tests/**',
  '**/spec/**',
  '**/e2e/**',
  '**/__tests__/**',
  '**/*.test.*',
  '**/*.spec.*',
  '**/*_test.*',
  '**/test_*',
];
// Bidirectional controls, zero-width characters, blank letters, line separators, the tag block and
// variation selectors (CVE-2021-42574), and controls that a terminal obeys. Not U+FE0E and U+FE0F, which emoji use.
const INVISIBLE =
  /[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0]|[\ufe00-\ufe0d]|\udb40[\udc00-\uddef]/;

/** As git writes them around the two sides and before what both started from. */
const CONFLICT_MARKER = /^(?:<{7}|>{7}|\|{7}) /;

/**
 * What a person must know before deciding: a pure function of the diff and of
 * the settings on main. Unknown is manual, never clear. A rename counts for
 * both names.
 */
export function judgePolicy(files: readonly FileDiff[], settings: PolicySettings): { policy: Policy; migrations: MigrationsVerdict } {
  const reasons: PolicyReason[] = [];
  const add = (rule: string, severity: PolicyReason['severity'], message: string, paths: readonly string[]) => {
    if (paths.length > 0) reasons.push({ rule, severity, message, paths: [...new Set(paths)].slice(0, 50) });
  };
  const touching = (globs: readonly string[]) =>
    files.filter((file) =>
      globs.some((glob) => globMatches(glob, file.path) || (file.oldPath !== undefined && globMatches(glob, file.oldPath))),
    );
  const names = (list: readonly FileDiff[]) => list.map((file) => file.path);

  for (const file of files) {
    const secrets = secretsInPatch(file.patch ?? '');
    for (const { kind, line } of secrets)
      add(
        'secret',
        'block',
        `${file.path}:${line} looks like ${/^[AO]/.test(kind) ? 'an' : 'a'} ${kind}. Remove it; rotate it if it is real.`,
        [file.path],
      );
  }
  for (const { rule, message, paths } of PATH_RULES) add(rule, 'manual', message, names(touching(paths)));
  for (const rule of settings.rules) add(rule.name, rule.severity, rule.message, names(touching(rule.paths)));

  const migrations = judgeMigrations(files, settings.migrations);
  // The kind is part of the rule's name, so an approval of an additive migration does not cover a destructive one.
  add(
    migrations.kind === 'additive' ? 'migrations' : `migrations-${migrations.kind}`,
    'manual',
    migrationMessage(migrations),
    migrations.files,
  );

  add('tests-removed', 'manual', 'Deletes tests.', names(touching(TEST_PATHS).filter(removesTest)));
  add('tests-weakened', 'manual', 'Skips tests or removes assertions.', names(touching(TEST_PATHS).filter(weakensTests)));
  add('binary', 'manual', 'Adds or changes binary files, which cannot be read here.', names(files.filter((file) => file.binary)));
  add('large-file', 'manual', 'Has a change too large to show whole.', names(files.filter((file) => file.truncated === true)));
  add(
    'conflict-markers',
    'block',
    'Conflict markers are left in the files.',
    names(files.filter((file) => addedLines(file).some((line) => CONFLICT_MARKER.test(line)))),
  );
  add('symlink', 'manual', 'Adds a symbolic link, or changes where one leads.', names(files.filter((file) => file.newMode === '120000')));
  add('executable', 'manual', 'Makes a file executable.', names(files.filter(becomesExecutable)));
  add('submodule', 'manual', 'Adds, changes or removes a submodule.', names(files.filter(isSubmodule)));
  add('mode', 'manual', 'Changes file modes.', names(files.filter((file) => file.status === 'mode_changed' && !becomesExecutable(file))));
  add(
    'invisible',
    'manual',
    'Adds invisible or direction-changing characters.',
    names(files.filter((file) => INVISIBLE.test(file.path) || addedLines(file).some((line) => INVISIBLE.test(line)))),
  );
  add('minified', 'manual', 'Adds a very long line.', names(files.filter((file) => addedLines(file).some((line) => line.length > 5_000))));
  if (files.length > settings.maxFiles)
    add('many-files', 'manual', `Touches ${files.length} files, more than ${settings.maxFiles}.`, names(files));
  const lines = files.reduce((sum, file) => sum + file.additions + file.deletions, 0);
  if (lines > settings.maxLines) add('many-lines', 'manual', `Changes ${lines} lines, more than ${settings.maxLines}.`, names(files));

  const verdict = reasons.some((reason) => reason.severity === 'block')
    ? 'blocked'
    : reasons.some((reason) => reason.severity === 'manual')
      ? 'manual_approval_required'
      : 'clear';
  return { policy: { verdict, reasons }, migrations };
}

const becomesExecutable = (file: FileDiff): boolean => file.newMode === '100755' && file.oldMode !== '100755';

const isSubmodule = (file: FileDiff): boolean => file.newMode === '160000' || file.oldMode === '160000';

/** The verdict as a canonical text: what an approval is bound to. */
export function verdictText(policy: Policy): string {
  return JSON.stringify([
    POLICY_VERSION,
    policy.verdict,
    policy.reasons.map((reason) => [reason.rule, reason.severity, [...reason.paths].sort()]),
  ]);
}

function migrationMessage(verdict: MigrationsVerdict): string {
  if (verdict.kind === 'additive') return 'Has a database migration that only adds, so the old release still runs on it.';
  return `Has a database migration after which the old release may not run: ${verdict.reasons.join('; ')}.`;
}

function addedLines(file: FileDiff): readonly string[] {
  return (file.patch ?? '')
    .split('\n')
    .filter((line) => line.startsWith('+'))
    .map((line) => line.slice(1));
}

/** Deleted, or renamed so that no test runner finds it. */
function removesTest(file: FileDiff): boolean {
  return file.status === 'deleted' || (file.oldPath !== undefined && !TEST_PATHS.some((glob) => globMatches(glob, file.path)));
}

function weakensTests(file: FileDiff): boolean {
  // A line that only became a comment counts as removed.
  const lines = (file.patch ?? '').split('\n').filter((line) => !/^[+-]\s*(?:\/\/|\/\*|\*|#)/.test(line));
  const count = (lead: string, shape: RegExp) => lines.filter((line) => line.startsWith(lead) && shape.test(line)).length;
  const skips =
    /\.(?:skip|skipIf|runIf|only|todo|failing|fixme)\b|\b(?:x|f)(?:it|test|describe)\s*\(|\bt\.Skip\b|@(?:Disabled|Ignore)\b|#\[ignore\]/;
  const asserts = /\b(?:expect|assert)\b/;
  return count('+', skips) > count('-', skips) || count('-', asserts) > count('+', asserts);
}
