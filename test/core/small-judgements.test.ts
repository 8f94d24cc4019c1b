import { describe, expect, test } from 'vitest';
import { routeOf } from '#shared/route.ts';
import { globMatches } from '../../daemon/core/glob.ts';
import { normaliseCode, pairCode } from '../../daemon/core/pair-code.ts';
import { judgeRollback, type ReleaseFacts } from '../../daemon/core/rollback.ts';
import { routesToSmoke } from '../../daemon/core/smoke-routes.ts';
import { titleOf } from '../../daemon/core/title.ts';

describe('globs', () => {
  test.each([
    ['**/a.ts', 'a.ts', true],
    ['**/a.ts', 'x/y/a.ts', true],
    ['**/a.ts', 'x/ba.ts', false],
    ['src/*', 'src/a.ts', true],
    ['src/*', 'src/a/b.ts', false],
    ['src/**', 'src/a/b.ts', true],
    ['src/**', 'source/a.ts', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/c', false],
    ['**', 'a/b', true],
    ['**/**/a', 'a', true],
    ['*.ts', 'a/b.ts', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'a/c', false],
    ['a*b*c', 'axbxbxc', true],
    ['a*b*c', 'axbxb', false],
    ['.github/**', '.github/workflows/ci.yml', true],
    ['.GitHub/**', '.github/x', true],
    ['**/Auth.ts', 'src/aUTH.TS', true],
    ['**/caf\u00e9.ts', 'cafe\u0301.ts', true],
    ['a.c', 'abc', false],
    ['[ab].ts', 'a.ts', false],
    ['a', '', false],
    ['', '', true],
    ['*', '', true],
  ])('%s against %s: %s', (glob, path, matches) => {
    expect(globMatches(glob, path)).toBe(matches);
  });

  test('no glob and no path makes it slow', () => {
    const before = performance.now();
    globMatches('**/'.repeat(50).concat('x'), 'a/'.repeat(5_000).concat('y'));
    globMatches('*a'.repeat(50).concat('x'), 'a'.repeat(20_000));
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe('routes to smoke', () => {
  const smoke = { core: ['/', '/cart'], routes: { 'src/cart/**': ['/cart', '/cart/empty'], 'src/about.ts': ['/about'] } };
  test.each([
    [['src/x.ts'], undefined, ['/', '/cart']],
    [['src/about.ts'], '/cart?page=2', ['/cart?page=2', '/', '/cart', '/about']],
    [['src/cart/a.ts'], '/', ['/', '/cart', '/cart/empty']],
    [[], '/reset?token=***', ['/', '/cart']],
    [[], '/users/[email]', ['/', '/cart']],
    [[], '/docs/[token]/edit', ['/', '/cart']],
  ])('%j captured on %s: %j', (changed, captured, routes) => {
    expect(routesToSmoke(changed, captured, smoke)).toEqual(routes);
  });
});

describe('whether production can go back', () => {
  const release = (facts: Partial<ReleaseFacts>): ReleaseFacts => ({
    id: 'r',
    state: 'replaced',
    createdAt: 1,
    healthyAt: 2,
    migrations: 'none',
    ...facts,
  });
  test.each<[string, ReleaseFacts, ReleaseFacts[], [boolean, boolean]]>([
    ['to a healthy one', release({}), [release({ migrations: 'additive' })], [true, true]],
    ['to the live one', release({ state: 'live' }), [], [false, false]],
    ['to one that is being prepared', release({ state: 'preparing', healthyAt: undefined }), [], [false, false]],
    ['to one that failed', release({ state: 'failed', healthyAt: undefined }), [], [false, false]],
    ['to one that was never healthy', release({ healthyAt: undefined }), [], [false, false]],
    ['over a destructive migration', release({}), [release({ migrations: 'destructive' })], [false, true]],
    ['over one that nobody knows', release({}), [release({ migrations: 'additive' }), release({ migrations: 'unknown' })], [false, true]],
    [
      'over a destructive one that never went live, because it may have migrated all the same',
      release({}),
      [release({ migrations: 'destructive', healthyAt: undefined, state: 'failed' })],
      [false, true],
    ],
    ['to a destructive one itself', release({ migrations: 'destructive' }), [], [true, true]],
  ])('%s', (_what, target, since, [possible, forceable]) => {
    const verdict = judgeRollback(target, since);
    expect([verdict.possible, verdict.forceable]).toEqual([possible, forceable]);
    expect(verdict.reason === undefined).toBe(possible);
  });
});

describe('titles', () => {
  test.each([
    ['Make it green', 'Make it green'],
    ['  Make it green.  Then ship.', 'Make it green'],
    ['Make it green\nand large', 'Make it green'],
    ['v1.2 is wrong. Mend it', 'v1.2 is wrong'],
    ['a\tb\r\nc', 'a b'],
    ['a\u0000b\u001b[31mc', 'a b [31mc'],
    ['...', 'Untitled'],
    ['\u0000', 'Untitled'],
  ])('%j becomes %j', (prompt, title) => {
    expect(titleOf(prompt)).toBe(title);
  });

  test('a long one is cut at a word, never in a character, and is at most 80 long', () => {
    for (const word of ['word ', 'x', '😀', 'é', 'a😀']) {
      const title = titleOf(word.repeat(10_000));
      expect(title.length).toBeLessThanOrEqual(80);
      expect(title.endsWith('…')).toBe(true);
      expect(title).toBe(Buffer.from(title).toString());
    }
    expect(titleOf('word '.repeat(30))).toBe(`${'word '.repeat(14)}word…`);
  });
});

describe('pair codes', () => {
  test('each of 65,536 values of the source makes a letter that is not taken for another', () => {
    const letters = new Set<string>();
    for (let value = 0; value < 65_536; value++) letters.add(pairCode(value.toString(16).padStart(4, '0').repeat(8))[0]!);
    expect([...letters].sort().join('')).toBe('23456789ABCDEFGHJKMNPQRSTUVWXYZ');
  });

  test('is typed back in any case, with any separators', () => {
    const code = pairCode('0123456789abcdef0123456789abcdef');
    expect(code).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    for (const typed of [code, code.toLowerCase(), code.replace('-', ''), ` ${code.replace('-', ' – ')} `])
      expect(normaliseCode(typed)).toBe(code.replace('-', ''));
  });
});

test.each([
  ['https://shop.test', '/'],
  ['https://shop.test?x=1', '/?x=1'],
  ['http://shop.test/a/b?page=2#part', '/a/b?page=2'],
  ['https://user:secret@shop.test/a', '/a'],
  ['https://shop.test/a?token=t&page=2&API_KEY=k', '/a?token=***&page=2&API_KEY=***'],
  ['https://shop.test/a?x[password]=p&y=1', '/a?x[password]=***&y=1'],
  ['https://shop.test/a?code=1&state=2', '/a?code=***&state=2'],
  ['HTTPS://SHOP.TEST/A', '/A'],
  ['file:///etc/passwd', undefined],
  ['javascript:alert(1)', undefined],
  ['chrome://settings', undefined],
  ['', undefined],
])('the route of %s is %s', (url, route) => {
  expect(routeOf(url)).toBe(route);
});
