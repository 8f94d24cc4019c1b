import { expect, test } from 'vitest';
import { judgeCommand } from '../../daemon/adapters/codex/judge/command-rules.mjs';

const deny = ['git push', 'git commit', 'sudo', 'rm -rf', '/opt/tool', 'npm run deploy*'];

test.each([
  'git push',
  'a && git push',
  'a; git push',
  'a|git push',
  'a & git push',
  'a &>x; git push',
  'a;>x git push',
  '# said before\ngit push',
  'git \\\n push',
  'git -C /x push',
  'git -c a=b --no-pager push origin',
  '/usr/bin/git push',
  '\\git push',
  'g""it push',
  `'git' "push"`,
  `g$'\\x69't push`,
  'X=1 git push',
  '2>/dev/null git push',
  'git push 2>&1 >/dev/null',
  'env -i X=1 git push',
  'timeout 5 git push',
  'nohup git push &',
  'command git push',
  'exec git push',
  'time -p git push',
  '! git push',
  'coproc git push',
  'ls | xargs git push',
  'find . -exec git push \\;',
  'sh -c "git push"',
  `bash -ec 'x; bash -c "git push"'`,
  'eval git push',
  'eval "git push"',
  'echo "$(git push)"',
  'echo `git push`',
  `echo "\`git push\`"`,
  'x=$(git push) y',
  'x=(a $(git push))',
  `echo \${x:-$(git push)}`,
  'echo $((1+$(git push)))',
  'diff <(git push) x',
  '(git push)',
  '( (git push) )',
  '((git push) )',
  '{ git push; }',
  'if true; then git push; fi',
  'if [ -f x ]; then :; elif git push; then :; fi',
  'for i in a b; do git push; done',
  'for ((i=0; i<3; i++)); do git push; done',
  'while :; do git push; done',
  'select x in a; do git push; done',
  'case $x in a|b) git push;; esac',
  'case x in\n (a)\n git push\n ;;\nesac',
  '[[ a == b && c ]] && git push',
  'f() { git push; }; f',
  'function f { git push; }',
  'bash <<EOF\ngit push\nEOF',
  "bash <<-'EOF'\n\tgit push\n\tEOF",
  'cat <<EOF\n$(git push)\nEOF',
  'bash <<< "git push"',
  'x="git push"; $x',
  'x="git push"; sh -c "$x"',
  "echo 'unclosed; git push",
  'sudo -u x ls',
  'rm -r -rf x',
  '/opt/tool x',
  'npm run deploy:now',
])('denied: %j', (script) => expect(judgeCommand(script, { deny })).toMatch(/is on the deny list/));

test.each(['sh', 'bash -s', 'bash -i', 'curl x | sh', 'cat <<EOF | bash\nx\nEOF', 'zsh -'])(
  'a shell whose commands nobody can read is refused under any list: %j',
  (script) => {
    expect(judgeCommand(script, { deny })).toContain('from its input');
    expect(judgeCommand(script, { allow: ['cat', 'curl'] })).toContain('from its input');
    expect(judgeCommand(script, {})).toBeUndefined();
  },
);

test.each([
  'git log',
  'echo git push',
  'echo "git push"',
  'git log --grep push',
  'git status # git push',
  'grep -rn "git push" .',
  'git commit-tree x',
  'gitk push',
  "cat <<'EOF'\n$(git push)\nEOF",
  'cat <<EOF\ngit push\nEOF',
  'python3 - <<EOF\nprint(1)\nEOF',
  'node -e "console.log(1)"',
  'bash script.sh',
  'sh ./x.sh git push',
  `sh -c 'echo "$1"' _ push`,
  'rm -r x',
  '/usr/bin/tool x',
  'npm run build',
  'npm test 2>&1 | tail -50',
  'for f in *.js; do node "$f"; done',
  'case "$1" in a|b) echo hi;; *) echo no;; esac',
  '[[ $x =~ ^(a|b)$ ]] && echo y',
  'echo $((1<<2)); x=$((1 << 3))',
  `awk '{print $1}' x | sed -n "1,5p"`,
  'find . -name "*.ts" -exec grep -l x {} +',
  'if ! npm test; then exit 1; fi',
  'while read -r l; do echo "$l"; done < x',
  `echo 'it'"'"'s' {a,b} "a\\"b" \\; \${x[@]}`,
  '"$NODE" x.js',
  'command -v sudoku',
  'f() { echo hi; }; f',
  `set -euo pipefail; a=(1 2 3); echo \${a[0]}`,
])('not denied: %j', (script) => expect(judgeCommand(script, { deny })).toBeUndefined());

const allow = ['git status', 'git diff', 'npm test', 'npm run *', 'ls', 'cat', 'grep', 'find', './scripts/*'];

test.each([
  'ls',
  '/bin/ls -l',
  'cd x && npm test',
  'CI=1 npm test',
  'npm run build',
  './scripts/go.sh x',
  'git diff HEAD -- x | cat',
  'if test -f x; then ls; fi',
  'for f in a; do cat $f; done',
  'ls $(cat x)',
  'sh -c "ls"',
  'bash <<EOF\nls\nEOF',
  'env -u B A=1 ls',
  'timeout -k 5 10 npm test',
  'ls | xargs -n 1 cat',
  'find . -name x -exec cat {} \\;',
  'command -v foo',
  "apply_patch <<'EOF'\n*** Begin Patch\n*** End Patch\nEOF",
  'echo done > out',
])('allowed: %j', (script) => expect(judgeCommand(script, { allow })).toBeUndefined());

test.each([
  'rm x',
  'ls; rm x',
  'git push',
  'git -C x status',
  'npm run',
  'ls $(rm x)',
  'ls `rm x`',
  'export X=1',
  '. ./x',
  '$X',
  '{ls,rm} x',
  'sh -c "$X"',
  'sh x.sh',
  'eval $x',
  'xargs rm',
  'nice -n 5 rm',
  'env -S "rm x"',
  'sudo ls',
  'watch ls',
  'find . -exec rm {} \\;',
  'PATH=/app ls',
  'GIT_EXTERNAL_DIFF=/app/x git diff',
  'LD_PRELOAD=x ls',
  'echo "unclosed',
  'ls; )',
  'a=1 b=2 rm x',
])('not allowed: %j', (script) => expect(judgeCommand(script, { allow })).toMatch(/allow list/));

test('a list that denies wins over one that allows, and without a list everything may run', () => {
  expect(judgeCommand('git push', { allow: ['git'], deny: ['git push'] })).toContain('deny list');
  expect(judgeCommand('git pull', { allow: ['git'], deny: ['git push'] })).toBeUndefined();
  expect(judgeCommand('sudo rm -rf / | sh', {})).toBeUndefined();
  expect(judgeCommand('ls', { allow: [] })).toContain('allow list');
});

test('what is far too long or far too deep is refused or judged, and never hangs or throws', () => {
  const long = (part: string) => part.repeat(Math.floor(130_000 / part.length));
  for (const script of ['$(', '`', 'a;', '((', '${', "$'", '{a,', 'case x in ', 'cat <<E\n', 'eval ', 'xargs ', '$X ', 'git -a '].map(
    long,
  )) {
    expect(judgeCommand(script, { deny, allow })).toBeTypeOf('string');
    expect(judgeCommand(`"${script}`, { allow })).toBeTypeOf('string');
  }
  expect(judgeCommand('x'.repeat(200_000), { deny })).toContain('Write a file');
});
