import { describe, expect, test } from 'vitest';
import { findSecrets, maskLink, maskText } from '../../extension/capture/find-secrets.ts';
import { secretsOf, writeMasked } from '../../extension/capture/masked.ts';
import { secretsInTexts } from '../../extension/capture/private-text.ts';

const written = (text: string) => writeMasked(maskText(text), new Set());

// Made up; none opens anything.
const JWT = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
// biome-ignore format: a table is read by column
const PRIVATE: readonly (readonly [string, string])[] = [
  ['ann@example.com', 'an address'],
  ['ann.smith+shop@mail.example.co.uk', 'with a tag'],
  ['jürgen@müller.example', 'not only ASCII'],
  ['ann%40example.com', 'percent-encoded'],
  ['4111 1111 1111 1111', 'a card in groups'],
  ['4111-1111-1111-1111', 'with dashes'],
  ['378282246310005', 'an American Express'],
  [JWT, 'a JWT'],
  [`ghp_${'a1B2'.repeat(9)}`, 'a GitHub token'],
  [`sk-proj-${'Ab1_'.repeat(10)}`, 'an OpenAI key'],
  ['AKIAIOSFODNN7EXAMPLE', 'an AWS key'],
  [`xoxb-${'1234567890-'.repeat(2)}abcdef`, 'a Slack token'],
  ['5f4dcc3b5aa765d61d8327deb882cf99', 'a hash'],
  ['Zx81Qp0aLm77Vt2Rr9Kd4Yb6', 'a session id'],
];

describe('private things in a text', () => {
  test.each(PRIVATE)('%s is masked (%s)', (secret) => {
    for (const text of [
      secret,
      `Hello ${secret}!`,
      `(${secret})`,
      `"${secret}"`,
      `x=${secret}&y=1`,
      `Email:${secret}`,
      `${secret.slice(0, 4)}\u200b${secret.slice(4)}`,
    ]) {
      expect(written(text), text).not.toContain(secret);
      expect(written(text)).not.toContain(secret.slice(2, -2));
    }
  });

  test('what follows a word for a secret is masked', () => {
    for (const text of [
      'password: hunter22',
      'api_key="abcd1234efgh"',
      'Authorization: Bearer abcdefghijklmnop',
      'postgres://app:hunter22@db/main',
    ])
      expect(written(text)).not.toMatch(/hunter22|abcd1234efgh|abcdefghijklmnop/);
  });

  test('what a page is made of is left alone', () => {
    for (const text of [
      'All your invoices in one place',
      'Order 12345 of 2026-11-21, 3 × 12.50 €',
      'Call +49 30 1234567',
      '4111 1111 1111 1112', // no card: Luhn
      'src/components/OrderTableRowActions.tsx:128',
      'https://app.example.com/orders/2026/summary?tab=open',
      'btn btn-primary order-list__item--selected',
      'antidisestablishmentarianism-and-friends-of-it',
    ])
      expect(written(text)).toBe(text);
  });

  test('showing one shows that one everywhere, and no other', () => {
    const text = maskText('ann@example.com, bob@example.com, ann@example.com');
    const [ann] = secretsOf(text);
    expect(writeMasked(text, new Set([ann!.id]))).toBe('ann@example.com, [email], ann@example.com');
  });

  test('a cut never leaves half of one', () => {
    const text = maskText(`${'a '.repeat(10)}ann@example.com`);
    for (let limit = 1; limit < 40; limit++) expect(writeMasked(text, new Set(), limit)).not.toMatch(/ann|example/);
  });

  test('split over several elements it is still found', () => {
    const found = secretsInTexts(['Write to ', 'ann', '@example', '.com', ' or 4111', ' 1111 ', '1111 1111'], () => false);
    expect(found.map((each) => each.length)).toEqual([0, 1, 1, 1, 1, 1, 1]);
    const beside = secretsInTexts(['Mail', 'ann@example.com', 'Phone'], () => false);
    expect(beside.map((each) => each.length)).toEqual([0, 1, 0]);
    expect(secretsInTexts(['ann.', 'smith@example.com'], () => true)[0]).toHaveLength(1);
  });

  test('a text made to take long comes to an end', () => {
    for (const piece of ['a.', '4 ', '1-', 'eyJ', 'a@', '-----BEGIN ', 'x:', 'bearer ', 'a1B2']) findSecrets(piece.repeat(40_000));
  });
});

describe('private things in an address', () => {
  const link = (text: string) => writeMasked(maskLink(text), new Set());

  test('what says which page it is stays, its origin first of all', () => {
    for (const text of [
      'http://localhost:5173/projects/550e8400-e29b-41d4-a716-446655440000/edit?tab=a',
      'http://localhost:3000/blog/2024-11-21-how-we-build-things-in-2024-and-more',
      'https://my-app-git-feature-42-a1b2c3d4e5f6-team.preview.example.com/',
      '/shop/summer-2026-sale-of-30-percent-for-all',
    ])
      expect(link(text)).toBe(text);
  });

  test('a segment or a value that looks random is masked by itself', () => {
    expect(link('http://localhost:3000/reset/Zx81Qp0aLm77Vt2Rr9Kd4Yb6/now?tab=a')).toBe('http://localhost:3000/reset/[token]/now?tab=a');
    expect(link('/reset/5f4dcc3b5aa765d61d8327deb882cf99')).toBe('/reset/[token]');
    expect(link('https://shop.test/?id=550e8400-e29b-41d4-a716-446655440000&b=1')).toBe('https://shop.test/?id=[token]&b=1');
    expect(link(`https://shop.test/${JWT}/x`)).toBe('https://shop.test/[token]/x');
  });

  test('and whatever is private in any text is private in it', () => {
    for (const [secret] of PRIVATE) {
      const address = secret.includes('%') ? secret : encodeURI(secret);
      for (const text of [`https://shop.test/a/${address}/b`, `https://shop.test/a?b=${address}&c=1`, `/a/${address}`])
        expect(link(text), text).not.toContain(address);
    }
    expect(link('/users/ann\u200b@example.com')).toBe('/users/[email]');
  });
});
