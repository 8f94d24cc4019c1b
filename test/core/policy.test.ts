import { describe, expect, test } from 'vitest';
import { judgePolicy, type PolicySettings, verdictText } from '../../daemon/core/policy.ts';
import { secretsInPatch } from '../../daemon/core/secrets.ts';
import { file, POLICY_TABLE } from './policy-table.ts';

const SETTINGS: PolicySettings = { rules: [], migrations: ['**/migrations/**'], maxFiles: 40, maxLines: 1_500 };
const rulesOf = (...files: Parameters<typeof judgePolicy>[0]) => judgePolicy(files, SETTINGS).policy.reasons.map(({ rule }) => rule);

describe('POL-01 POL-05 a table of changes', () => {
  test('is long enough', () => {
    expect(POLICY_TABLE.length).toBeGreaterThan(85);
    expect(POLICY_TABLE.filter(([, , rules]) => rules.length === 0).length).toBeGreaterThan(20);
  });

  test.each(POLICY_TABLE)('%s', (_what, change, rules) => {
    const { policy } = judgePolicy([change], SETTINGS);
    expect([...new Set(policy.reasons.map(({ rule }) => rule))].sort()).toEqual([...rules].sort());
    const isBlocked = rules.includes('secret') || rules.includes('conflict-markers');
    expect(policy.verdict).toBe(isBlocked ? 'blocked' : rules.length > 0 ? 'manual_approval_required' : 'clear');
    for (const reason of policy.reasons) expect(reason.paths).toContain(change.path);
  });

  test('no secret is repeated in the reason, and its line is named', () => {
    const token = `ghp_${'aB3'.repeat(12)}`;
    const { policy } = judgePolicy([{ ...file('a.ts'), patch: `@@ -8,2 +8,3 @@\n context\n-old\n+one\n+${token}` }], SETTINGS);
    expect(policy.reasons[0]).toMatchObject({ rule: 'secret', message: expect.stringContaining('a.ts:10 ') });
    expect(JSON.stringify(policy)).not.toContain(token.slice(4, 20));
  });
});

test('rules of the settings on main are added, and a note alone stays clear', () => {
  const rule = { name: 'copy', paths: ['texts/**'], message: 'Legal reads these.', severity: 'note' as const };
  const judge = (severity: 'note' | 'manual' | 'block') =>
    judgePolicy([file('texts/terms.md')], { ...SETTINGS, rules: [{ ...rule, severity }] }).policy;
  expect(judge('note')).toMatchObject({ verdict: 'clear', reasons: [{ rule: 'copy' }] });
  expect(judge('manual').verdict).toBe('manual_approval_required');
  expect(judge('block').verdict).toBe('blocked');
});

test('many files and many lines are said, at the limit they are not', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => file(`src/f${index}.ts`));
  expect(rulesOf(...many(40))).toEqual([]);
  expect(rulesOf(...many(41))).toEqual(['many-files']);
  expect(rulesOf(file('src/a.ts', { plus: Array(1_500).fill('x') as string[] }))).toEqual([]);
  expect(rulesOf(file('src/a.ts', { plus: Array(1_501).fill('x') as string[] }))).toEqual(['many-lines']);
});

test('an approval is bound to rules, severities and paths, not to their order or their words', () => {
  const verdict = (paths: string[], message = 'm') =>
    verdictText({ verdict: 'manual_approval_required', reasons: [{ rule: 'auth', severity: 'manual', message, paths }] });
  expect(verdict(['a', 'b'])).toBe(verdict(['b', 'a'], 'other words'));
  expect(verdict(['a', 'b'])).not.toBe(verdict(['a']));
  expect(verdict(['a,b'])).not.toBe(verdict(['a', 'b']));
  expect(verdictText({ verdict: 'clear', reasons: [] })).not.toBe(verdictText({ verdict: 'blocked', reasons: [] }));
  expect(JSON.parse(verdict(['a']))).toEqual([expect.any(Number), 'manual_approval_required', [['auth', 'manual', ['a']]]]);
});

describe('POL-04 what an agent wrote to stop the judge', () => {
  const MB = 1_000_000;
  const HOSTILE: readonly [string, string][] = [
    ['one letter', 'a'.repeat(MB)],
    ['dots', 'a.'.repeat(MB / 2)],
    ['schemes', 'a://b:'.repeat(MB / 6)],
    ['the beginnings of keys', 'sk-'.repeat(MB / 3)],
    ['keys that stop short', 'ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaa '.repeat(MB / 34)],
    ['Google keys that stop short', `AIza${'-'.repeat(30)} `.repeat(MB / 35)],
    ['comments that never end', '/*'.repeat(MB / 2)],
    ['quotes', `'"\``.repeat(MB / 3)],
    ['parentheses', '('.repeat(MB)],
    ['asserts', 'expect assert '.repeat(MB / 14)],
    ['spaces', ' '.repeat(MB)],
    ['updates', 'update x '.repeat(MB / 9)],
    ['alters', 'alter table '.repeat(MB / 12)],
    ['dollars', '$a'.repeat(MB / 2)],
  ];

  test.each(HOSTILE)('a megabyte of %s takes time in proportion', (_what, text) => {
    const changes = ['src/a.ts', 'tests/a.ts', 'db/migrations/1.sql'].map((path) => file(path, { status: 'added', plus: [text] }));
    const before = performance.now();
    judgePolicy(changes, SETTINGS);
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  test('a patch without a hunk, a torn one and none at all are judged and hide nothing', () => {
    const token = `ghp_${'aB3'.repeat(12)}`;
    for (const patch of [`+${token}`, `@@ nonsense\n+${token}`, `@@ -0,0 +1 @@\n+${token}\n\\ No newline at end of file`])
      expect(secretsInPatch(patch)).toHaveLength(1);
    expect(secretsInPatch('')).toEqual([]);
    expect(rulesOf({ ...file('src/a.ts'), patch: undefined })).toEqual([]);
    expect(rulesOf(file(''), file('/'), file('a//b'), file('../../x'))).toEqual([]);
  });
});
