import type { FileDiff } from '#shared/review.ts';

/** One changed file; `plus` and `minus` become its patch. */
export function file(path: string, change: Partial<FileDiff> & { plus?: readonly string[]; minus?: readonly string[] } = {}): FileDiff {
  const { plus = ['x'], minus = [], ...rest } = change;
  const patch = [`@@ -1,${minus.length} +1,${plus.length} @@`, ...minus.map((line) => `-${line}`), ...plus.map((line) => `+${line}`)].join(
    '\n',
  );
  return { path, status: 'modified', additions: plus.length, deletions: minus.length, binary: false, patch, ...rest };
}

const path = (name: string, ...rules: string[]): [string, FileDiff, readonly string[]] => [name, file(name), rules];
const line = (what: string, text: string, ...rules: string[]): [string, FileDiff, readonly string[]] => [
  what,
  file('src/page.ts', { plus: [text] }),
  rules,
];
const of = (length: number, letters = 'aB3') => letters.repeat(length).slice(0, length);

/** A change and the rules it must meet, no more and no fewer. */
export const POLICY_TABLE: readonly [what: string, change: FileDiff, rules: readonly string[]][] = [
  // Nothing to say.
  path('src/button.ts'),
  path('README.md'),
  path('docs/how-to/releasing-is-easy.md'),
  path('public/logo.svg'),
  path('src/styles/theme.css'),
  path('src/latest/contest.ts'),
  path('config/routes.ts'),
  path('src/keyboard.ts'),
  path('environment/notes.md'),
  // Paths.
  path('src/auth/login.ts', 'auth'),
  path('src/AUTH/x.ts', 'auth'),
  path('lib/session-store.ts', 'auth'),
  path('src/Permissions.tsx', 'auth'),
  path('src/billing/plan.ts', 'billing'),
  path('checkout.html', 'billing'),
  path('src/lib/Crypto.ts', 'crypto'),
  path('.env', 'environment'),
  path('apps/web/.env.production', 'environment'),
  path('certs/site.pem', 'environment'),
  path('id_rsa', 'environment'),
  path('package.json', 'scripts'),
  path('packages/a/package.json', 'scripts'),
  path('package-lock.json', 'dependencies'),
  path('bun.lockb', 'dependencies'),
  path('.npmrc', 'dependencies', 'scripts'),
  path('requirements-dev.txt', 'dependencies'),
  path('vite.config.ts', 'scripts'),
  path('vite.config.mts', 'scripts'),
  path('postcss.config.cjs', 'scripts'),
  path('.eslintrc.json', 'scripts'),
  path('.babelrc', 'scripts'),
  path('.husky/pre-commit', 'scripts'),
  path('Makefile', 'scripts'),
  path('.github/workflows/ci.yml', 'ci'),
  path('Jenkinsfile', 'ci'),
  path('azure-pipelines.yml', 'ci'),
  path('Dockerfile.web', 'infra'),
  path('ops/main.tf', 'infra'),
  path('k8s/web.yaml', 'infra'),
  path('deploy/run.sh', 'infra'),
  path('AGENTS.md', 'agent-config'),
  path('sub/agents.MD', 'agent-config'),
  path('.codex/config.toml', 'agent-config'),
  path('.claude/settings.json', 'agent-config'),
  path('.cursorrules', 'agent-config'),
  path('.gitattributes', 'git-metadata'),
  path('.gitmodules', 'git-metadata'),
  path('codex-builder.jsonc', 'own-settings'),
  ['POL-02 a rename out of a rule', file('src/x.ts', { status: 'renamed', oldPath: 'src/auth.ts' }), ['auth']],
  ['POL-02 a rename into a rule', file('src/auth.ts', { status: 'renamed', oldPath: 'src/x.ts' }), ['auth']],
  ['POL-02 a decomposed name', file('src/pa\u0301go/auth.ts'), ['auth']],
  ['a name that shows another ending', file('src/\u202egnp.ts'), ['invisible']],
  // Secrets.
  line('a GitHub token', `const t = "ghp_${of(36)}";`, 'secret'),
  line('a GitHub token that is longer', `ghp_${of(60)}`, 'secret'),
  line('an OpenAI key', `sk-proj-${of(44)}`, 'secret'),
  line('an AWS key', `AKIA${'A1'.repeat(8)}`, 'secret'),
  line('a private key', '-----BEGIN OPENSSH PRIVATE KEY-----', 'secret'),
  line('a Slack token', `xoxb-${of(24)}`, 'secret'),
  line('a password in a URL', 'postgres://shop:hunter22222@db/shop', 'secret'),
  line('a password in a URL with a capital', 'Postgres://shop:hunter22222@db/shop', 'secret'),
  ['a secret far to the right of a long line', file('src/page.ts', { plus: [`${' '.repeat(4_200)}ghp_${of(36)}`] }), ['secret']],
  ['a secret that is taken out', file('src/page.ts', { minus: [`ghp_${of(36)}`], plus: ['gone'] }), []],
  line('the name of a token', 'const ghp_token = process.env.GITHUB_TOKEN;'),
  line('a long class name', 'class="sk-loading-indicator-container-element-wrapper"'),
  line('a template in a URL', 'postgres://shop:$' + '{PASSWORD}@db/shop'),
  line('a placeholder in a URL', 'https://user:<your-password>@example.test'),
  line('a URL with a port', 'http://localhost:4400/path@2x'),
  line('a public key', '-----BEGIN PUBLIC KEY-----'),
  // Tests.
  ['a deleted test', file('src/a.test.ts', { status: 'deleted', plus: [], minus: ['x'] }), ['tests-removed']],
  ['a test renamed so that nobody finds it', file('src/a.old.ts', { status: 'renamed', oldPath: 'src/a.test.ts' }), ['tests-removed']],
  ['a test renamed to another test', file('src/b.test.ts', { status: 'renamed', oldPath: 'src/a.test.ts' }), []],
  ['a skip', file('src/a.test.ts', { plus: ["it.skip('x', f)"], minus: ["it('x', f)"] }), ['tests-weakened']],
  ['a skip on a condition', file('src/a.test.ts', { plus: ["test.skipIf(true)('x', f)"] }), ['tests-weakened']],
  ['a focus', file('src/a.test.ts', { plus: ["fdescribe('x', f)"] }), ['tests-weakened']],
  ['an assertion less', file('tests/a.ts', { plus: ['const y = 1'], minus: ['expect(a).toBe(1)'] }), ['tests-weakened']],
  [
    'an assertion that became a comment',
    file('tests/a.ts', { plus: ['// expect(a).toBe(1)'], minus: ['expect(a).toBe(1)'] }),
    ['tests-weakened'],
  ],
  ['an assertion more', file('tests/a.ts', { plus: ['expect(a).toBe(1)', 'expect(b).toBe(2)'], minus: ['expect(a).toBe(1)'] }), []],
  ['a skip taken away', file('tests/a.ts', { plus: ["it('x', f)"], minus: ["it.skip('x', f)"] }), []],
  ['expect in what is no test', file('src/a.ts', { plus: [], minus: ['expect(1)'] }), []],
  // Characters.
  line('a zero-width space', 'const a\u200b = 1', 'invisible'),
  line('a direction override', '/* \u202e } */', 'invisible'),
  line('a tag character', 'ok \u{e0041}', 'invisible'),
  line('a variation selector of the supplement', 'ok \u{e0101}', 'invisible'),
  line('a blank letter that is a name', 'const \u3164 = 1', 'invisible'),
  line('a line separator in a comment', '// ok \u2028 steal()', 'invisible'),
  line('what a terminal obeys', 'ok \u001b[2K', 'invisible'),
  line('an accent, a snowman and an emoji with its selector', 'é \u2603 \u2764\ufe0f'),
  line('a tab and a carriage return', '\tx\r'),
  ['an invisible character that is taken out', file('src/page.ts', { minus: ['a\u200bb'], plus: ['ab'] }), []],
  // What cannot be read.
  ['a picture', file('a.png', { binary: true, patch: undefined }), ['binary']],
  ['a patch that was cut', file('src/big.ts', { truncated: true }), ['large-file']],
  ['a mode', file('run.sh', { status: 'mode_changed', patch: undefined }), ['mode']],
  ['a line of 5001 characters', file('src/page.ts', { plus: ['x'.repeat(5_001)] }), ['minified']],
  ['a line of 5000 characters', file('src/page.ts', { plus: ['x'.repeat(5_000)] }), []],
  ['a migration', file('db/migrations/0002_x.sql', { status: 'added', plus: ['CREATE TABLE x (a);'] }), ['migrations']],
];
