import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRepository, runGit } from '../support/repository.ts';
import { A2, createRandom, LINES, type Proposals, setUpProposals } from './git-propose-support.ts';
import { IDENTITY, locksIn, never } from './git-support.ts';

let proposals: Proposals;
beforeAll(async () => {
  proposals = await setUpProposals();
});
afterAll(() => proposals.fixture.cleanUp());

const miscounted = (text: string) =>
  text.replace(/^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/gm, (_all, from: string, to: string) => `@@ -${from},77 +${to},1 @@`);

test('whatever git itself prints as a diff is applied to the same tree, in every dress', async () => {
  const folder = join(proposals.fixture.root, 'dress');
  runGit('/', ['clone', '-q', proposals.fixture.person.folder, folder]);
  const write = (path: string, text: string) =>
    execFileSync('sh', ['-c', 'mkdir -p "$(dirname "$0")"; cat > "$0"', join(folder, path)], { input: text });
  write('a.txt', `${LINES.filter((_, index) => index % 5 !== 3).join('')}tail\n`);
  write('src/b.ts', 'zero\none\n\nthree\nfour\nfive\n');
  write('crlf.txt', 'one\r\nzwei\r\nthree\r\nfour\r\n');
  write('open.txt', 'one\nTWO');
  write('a name with blanks/ü.txt', 'x\n');
  write('query.sql', '-- other\nSELECT 2;\n');
  execFileSync('rm', [join(folder, 'run.sh')]);
  runGit(folder, ['add', '-A']);
  const tree = runGit(folder, ['write-tree']);
  const raw = (...args: string[]) => execFileSync('git', ['-C', folder, ...args, 'diff', '--cached', '--no-color', 'HEAD']).toString();
  const diff = (...args: string[]) => execFileSync('git', ['-C', folder, 'diff', '--cached', '--no-color', ...args, 'HEAD']).toString();
  const plain = (text: string) => text.replace(/^(?:diff --git|index|new file mode|deleted file mode) .*\n/gm, '');
  const dresses: [string, string][] = [
    ['git', diff()],
    ['no prefix', diff('--no-prefix')],
    ['unquoted', raw('-c', 'core.quotePath=false')],
    ['wide', diff('-U10')],
    ['traditional', plain(diff())],
    ['traditional, no prefix', plain(diff('--no-prefix'))],
    ['miscounted', miscounted(diff())],
    ['miscounted, traditional', miscounted(plain(diff()))],
    ['blanks stripped', diff().replace(/^ $/gm, '')],
  ];
  for (const [dress, patch] of dresses) {
    const done = await proposals.propose(patch);
    expect([dress, done.end === 'committed' ? done.tree : done]).toEqual([dress, tree]);
  }
});

test('among lines that are all alike the change lands where it was made, or not at all', async () => {
  const random = createRandom(11);
  const files = Array.from({ length: 24 }, () => Array.from({ length: 12 }, () => 'ab'[random(2)]!));
  const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;
  const named = (each: (lines: string[], index: number) => string[]) =>
    Object.fromEntries(files.map((lines, index) => [`alike/${index}`, text(each([...lines], index))]));
  const folder = join(proposals.fixture.root, 'alike');
  const alike = makeRepository(
    folder,
    named((lines) => lines),
  );
  const base = await proposals.fixture.change(
    named((lines) => lines),
    { base: proposals.main, runId: 'run_alike' },
  );
  const wanted = named((lines) => {
    for (let times = 0; times < 2; times++) lines.splice(random(lines.length), random(2), ...['ab'[random(2)]!, 'c'].slice(random(2)));
    return lines;
  });
  alike.write(wanted);
  let landed = 0;
  for (const [index, [path, content]] of Object.entries(wanted).entries()) {
    const diff = execFileSync('git', ['diff', `-U${index % 4}`, '--', path], { cwd: folder }).toString();
    const patch = index % 3 === 0 ? miscounted(diff) : diff;
    const done = await proposals.fixture.repository.proposePatch({
      runId: 'run_alike',
      base,
      patch,
      message: 'm',
      identity: IDENTITY,
      signal: never,
    });
    if (done.end === 'does_not_apply') continue;
    landed++;
    const got = done.end === 'committed' ? await proposals.fixture.repository.readFile(done.commit, path) : text(files[index]!);
    expect([patch, got]).toEqual([patch, content]);
  }
  expect(landed).toBeGreaterThan(12);
});

test('no text whatever throws, hangs or leaves anything behind', { timeout: 60_000 }, async () => {
  const whole = `${A2}diff --git a/new b/new\nnew file mode 100755\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\ndiff --git a/run.sh b/moved\nrename from run.sh\nrename to moved\n`;
  const random = createRandom(7);
  const pieces = [
    ...whole.split('\n'),
    '',
    '\\',
    '@@',
    '@@ -0 +0 @@',
    '-- ',
    '--- ',
    '+++ ',
    'diff --git ',
    '"',
    '\r',
    '\ud800',
    'rename from ',
    'new mode 120000',
    '-'.repeat(300),
  ];
  const ends = new Set<string>();
  for (let round = 0; round < 150; round++) {
    const lines = whole.split('\n');
    for (let times = 1 + random(4); times > 0; times--) {
      const at = random(lines.length);
      if (random(3) === 0) lines.splice(at, 1);
      else lines.splice(at, random(2), pieces[random(pieces.length)]!);
    }
    ends.add((await proposals.propose(lines.join('\n'), 'run_fuzz')).end);
  }
  expect(ends).toContain('committed');
  expect(ends).toContain('does_not_apply');
  expect((await proposals.propose('-- \n'.repeat(500_000), 'run_fuzz')).end).toBe('does_not_apply');
  expect((await proposals.propose(`${A2}${'-- \n'.repeat(500_000)}`, 'run_fuzz')).end).toBe('does_not_apply');
  expect((await proposals.propose(`diff --git ${'a '.repeat(500_000)}\n`, 'run_fuzz')).end).toBe('does_not_apply');
  expect(locksIn(proposals.fixture.repository.gitDir)).toEqual([]);
  expect(readdirSync(join(proposals.fixture.root, 'state/index')).filter((name) => name.startsWith('index-'))).toEqual([]);
});
