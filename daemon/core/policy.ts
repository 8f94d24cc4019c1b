import type { Policy, PolicyReason } from '#shared/policy.ts';
import type { FileDiff } from '#shared/review.ts';
import { globMatches } from './glob.ts';
import { judgeMigrations, type MigrationsVerdict } from './migrations-verdict.ts';
import { secretsInPatch } from './secrets.ts';

/** Changes when a rule changes, so that an old verdict is not taken for a new one. */
export const POLICY_VERSION = 1;

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
  { rule: 'environment',  message: 'Touches environment files or keys.',               paths: ['**/.env*', '**/*.pem', '**/*.key', '**/*.p12'] },
  { rule: 'dependencies', message: 'Changes dependencies.',                            paths: ['**/package-lock.json', '**/pnpm-lock.yaml', '**/yarn.lock', '**/npm-shrinkwrap.json', '**/.npmrc'] },
  { rule: 'scripts',      message: 'Changes what the project runs (scripts, hooks, tool configuration).', paths: ['**/package.json', '**/.husky/**', '**/*.config.js', '**/*.config.mjs', '**/*.config.ts', '**/tsconfig*.json', '**/Makefile'] },
  { rule: 'ci',           message: 'Changes continuous integration.',                  paths: ['.github/**', '.gitlab-ci.yml', '.ci/**', '.circleci/**'] },
  { rule: 'infra',        message: 'Changes infrastructure or deployment.',            paths: ['**/Dockerfile*', '**/docker-compose*', '**/compose*.y*ml', '**/*.tf', '**/nginx*', '**/*.service', '**/deploy*', '**/deploy*/**'] },
  { rule: 'agent-config', message: 'Changes what coding agents are told.',             paths: ['**/AGENTS.md', '**/AGENTS.override.md', '**/.codex/**', '**/.agents/**', '**/.claude/**', '**/CLAUDE.md', '**/.mcp.json', '**/.cursor/**', '**/.vscode/**'] },
  { rule: 'git-metadata', message: 'Changes how git treats files.',                    paths: ['**/.gitattributes', '**/.gitmodules', '**/.gitignore'] },
  { rule: 'own-settings', message: 'Changes the settings of Codex Builder itself.',    paths: ['codex-builder.jsonc', '**/codex-builder.jsonc'] },
];

const TEST_PATHS = ['**/test/**', '**/tests/**', '**/__tests__/**', '**/*.test.*', '**/*.spec.*'];
// Bidirectional controls, zero-width characters and the tag block (CVE-2021-42574).
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\udb40[\udc00-\udc7f]/;

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
      add('secret', 'block', `${file.path}:${line} looks like a ${kind}. Remove it; rotate it if it is real.`, [file.path]);
  }
  for (const { rule, message, paths } of PATH_RULES) add(rule, 'manual', message, names(touching(paths)));
  for (const rule of settings.rules) add(rule.name, rule.severity, rule.message, names(touching(rule.paths)));

  const migrations = judgeMigrations(files, settings.migrations);
  add('migrations', 'manual', migrationMessage(migrations), migrations.files);

  add('tests-removed', 'manual', 'Deletes tests.', names(touching(TEST_PATHS).filter((file) => file.status === 'deleted')));
  add('tests-weakened', 'manual', 'Skips tests or removes assertions.', names(touching(TEST_PATHS).filter(weakensTests)));
  add('binary', 'manual', 'Adds or changes binary files, which cannot be read here.', names(files.filter((file) => file.binary)));
  add('large-file', 'manual', 'Has a change too large to show whole.', names(files.filter((file) => file.truncated === true)));
  add(
    'mode',
    'manual',
    'Changes file modes (for example makes a file executable).',
    names(files.filter((file) => file.status === 'mode_changed')),
  );
  add(
    'invisible',
    'manual',
    'Adds invisible or direction-changing characters.',
    names(files.filter((file) => addedLines(file).some((line) => INVISIBLE.test(line)))),
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

function weakensTests(file: FileDiff): boolean {
  const lines = (file.patch ?? '').split('\n');
  const count = (lead: string, shape: RegExp) => lines.filter((line) => line.startsWith(lead) && shape.test(line)).length;
  const skips = /\b(?:it|test|describe)\.(?:skip|only|todo)\b|\bx(?:it|describe)\s*\(/;
  const asserts = /\b(?:expect|assert)\b/;
  return count('+', skips) > count('-', skips) || count('-', asserts) > count('+', asserts);
}
