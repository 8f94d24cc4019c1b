import { describe, expect, test } from 'vitest';
import { chooseDaemon, normalPattern } from '../../extension/choose-daemon.ts';

const shop = { id: 'shop', origins: ['http://app.localhost:4401', 'http://preview1.localhost:4401'], patterns: ['*.shop.example'] };
const blog = { id: 'blog', origins: ['http://app.localhost:5401'], patterns: ['https://blog.example', 'localhost:3000'] };
const wiki = { id: 'wiki', origins: [], patterns: [] };

function chosen(url: string, daemons = [shop, blog], picked?: string): string {
  const choice = chooseDaemon(daemons, url, picked);
  if (choice.is === 'one') return `${choice.daemon.id}${choice.belongs ? '' : '?'}`;
  return choice.is === 'unclear' ? choice.daemons.map(({ id }) => id).join('|') : 'none';
}

describe('which daemon a page belongs to', () => {
  test.each([
    ['its production', 'http://app.localhost:4401/cart?x=1', 'shop'],
    ['the same host on another port is another app', 'http://app.localhost:5401/', 'blog'],
    ['a preview', 'http://preview1.localhost:4401/', 'shop'],
    ['a pattern with a wildcard', 'https://staging.shop.example/', 'shop'],
    ['the wildcard’s own name', 'https://shop.example/', 'shop'],
    ['a pattern with a scheme', 'https://blog.example/post', 'blog'],
    ['the scheme matters', 'http://blog.example/post', 'shop|blog'],
    ['a pattern with a port', 'http://localhost:3000/', 'blog'],
    ['another port', 'http://localhost:3001/', 'shop|blog'],
    ['a name that only ends alike', 'https://evilshop.example/', 'shop|blog'],
    ['a name that only begins alike', 'https://blog.example.evil.test/', 'shop|blog'],
    ['the user part is no host', 'https://blog.example@evil.test/', 'shop|blog'],
    ['no web page', 'chrome://extensions', 'none'],
    ['a file', 'file:///etc/passwd', 'none'],
    ['no address', 'nonsense', 'none'],
  ])('%s: %s → %s', (_what, url, expected) => expect(chosen(url)).toBe(expected));

  test('the more exact of two patterns wins', () => {
    const wide = { id: 'wide', origins: [], patterns: ['*.example.com'] };
    const narrow = { id: 'narrow', origins: [], patterns: ['*.eu.example.com'] };
    const whole = { id: 'whole', origins: [], patterns: ['a.eu.example.com'] };
    expect(chosen('https://a.eu.example.com/', [wide, narrow, whole])).toBe('whole');
    expect(chosen('https://b.eu.example.com/', [wide, narrow, whole])).toBe('narrow');
    expect(chosen('https://b.example.com/', [wide, narrow, whole])).toBe('wide');
  });

  test('two that fit alike are unclear until one is picked, and a pick of one that does not fit is no pick', () => {
    const twin = { ...shop, id: 'twin' };
    expect(chosen('http://app.localhost:4401/', [shop, twin, wiki])).toBe('shop|twin');
    expect(chosen('http://app.localhost:4401/', [shop, twin, wiki], 'twin')).toBe('twin');
    expect(chosen('http://app.localhost:4401/', [shop, twin, wiki], 'wiki')).toBe('shop|twin');
  });

  test('the only one there is may be asked anywhere, without the page being its own', () => {
    expect(chosen('https://elsewhere.test/', [wiki])).toBe('wiki?');
    expect(chosen('https://elsewhere.test/', [])).toBe('none');
    expect(chosen('https://elsewhere.test/', [shop, wiki], 'wiki')).toBe('wiki');
  });
});

test.each([
  ['https://Staging.Example.com/', 'https://staging.example.com'],
  ['*.example.com', '*.example.com'],
  ['localhost:*', 'localhost:*'],
  ['http://[::1]:8080', 'http://[::1]:8080'],
  ['https://example.com/*', 'https://example.com'],
  ['*', undefined],
  ['ftp://example.com', undefined],
  ['exa mple.com', undefined],
  ['https://example.com/path', undefined],
  ['*.*.com', undefined],
])('the pattern %s is kept as %s', (typed, kept) => expect(normalPattern(typed)).toBe(kept));
