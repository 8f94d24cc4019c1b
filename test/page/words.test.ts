import { expect, test } from 'vitest';
import type { Release } from '#shared/release.ts';
import { RUN_STATES, type Run } from '#shared/run.ts';
import { etaWords } from '#shared/ui/eta.tsx';
import { processWords } from '#shared/ui/process-words.ts';
import { ago, clockTime, countdown, duration, span } from '#shared/ui/relative-time.ts';
import { reasonLine, runLine } from '#shared/ui/run-card.tsx';
import { groupOf, groupRuns, isTerminal } from '#shared/ui/run-groups.ts';
import { safeHref } from '#shared/ui/safe-href.ts';
import { stateWords } from '#shared/ui/state-words.ts';
import { hasUnseen, visiblePieces, visibleString } from '#shared/ui/visible-text.ts';
import { watchWords } from '../../daemon/page/watch-words.ts';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');
const before = (ms: number) => new Date(NOW - ms).toISOString();

test.each([
  [0, 'just now'],
  [44_000, 'just now'],
  [61_000, '1 min ago'],
  [59 * 60_000, '59 min ago'],
  [3 * 3_600_000, '3 h ago'],
  [26 * 3_600_000, '1 day ago'],
  [5 * 86_400_000, '5 days ago'],
  [60 * 86_400_000, '2026-09-22'],
  [-20_000, 'just now'],
  [-600_000, 'in 10 min'],
])('%d ms ago reads “%s”', (ms, words) => {
  expect(ago(before(ms), NOW)).toBe(words);
});

test('an instant that is none does not read as a time', () => {
  expect(ago('yesterday', NOW)).toBe('at an unknown time');
});

test('durations are exact enough to compare', () => {
  expect([0, 340, 4_230, 42_000, 125_000, 3_780_000].map(duration)).toEqual([
    '0 ms',
    '340 ms',
    '4.2 s',
    '42 s',
    '2 min 05 s',
    '1 h 03 min',
  ]);
  expect([100, 240_000].map(span)).toEqual(['1 s', '4 min']);
});

test('a time of another day carries its date', () => {
  expect(clockTime(before(0), NOW)).toMatch(/^\d\d:\d\d:\d\d$/);
  expect(clockTime(before(5 * 86_400_000), NOW)).toMatch(/^2026-11-16 \d\d:\d\d:\d\d$/);
});

test('a reason is told with its cause, and not twice', () => {
  expect(reasonLine({ code: 'CHECK_FAILED', message: 'unit: exit code 1' })).toBe(
    'A required check failed on the change. unit: exit code 1',
  );
  expect(reasonLine({ code: 'NO_CHANGES', message: 'The agent changed no file.' })).toBe('The agent changed no file.');
  expect(reasonLine({ code: 'NO_CHANGES', message: '' })).toBe('The agent changed no file.');
});

test('the line under a title is one line, also when what it tells has several', () => {
  const run = { state: 'failed', reason: { code: 'NO_CHANGES', message: 'Nothing to do.\n• first\r\n\n• second' } } as Run;
  expect(runLine(run)).toBe('The agent changed no file. Nothing to do. • first • second');
});

test('a countdown ends at zero and stays there', () => {
  expect([countdown(before(-61_000), NOW), countdown(before(-500), NOW), countdown(before(90_000), NOW)]).toEqual(['1:01', '0:01', '0:00']);
});

test('XSS-06 characters that would not be seen are replaced by visible, named ones', () => {
  for (const hidden of [
    '\u202e',
    '\u2066',
    '\u200b',
    '\u200d',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u061c',
    '\u3164',
    '\u{e0041}',
    '\u2028',
    '\0',
    '\x1b',
    '\x9b',
    '\x7f',
    '\n',
    '\r',
    '\ud800',
  ]) {
    const [first, second, third] = visiblePieces(`a${hidden}b`);
    expect([first, third]).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect(second?.mark).toMatch(/^U\+[0-9A-F]{4,6} /);
    expect(hasUnseen(second!.text)).toBe(false);
  }
});

test('XSS-06 ordinary text of any script, tabs and emoji are left alone', () => {
  for (const text of ['plain', 'naïve Žluťoučký', 'שלום', 'مرحبا', '日本語', '🎉', '❤️', '\tindented'])
    expect(visiblePieces(text)).toEqual([{ text }]);
  expect(visiblePieces('')).toEqual([]);
});

test('XSS-02 a file name with a line break, an escape and an override is one visible line', () => {
  expect(visibleString('a\nb\x1b[31m\u202egnp.exe')).toBe('a^Jb^[[31m⟨U+202E⟩gnp.exe');
});

test('an address from data is a link only when it is http(s)', () => {
  expect(safeHref('http://preview1.localhost:4401')).toBe('http://preview1.localhost:4401');
  for (const url of ['javascript:alert(1)', 'data:text/html,x', ' http://x', 'http:', 'http://a b', undefined])
    expect(safeHref(url)).toBeUndefined();
});

test('every state has a word, a rejected run is called rejected', () => {
  for (const state of RUN_STATES) expect(stateWords({ state }).label).not.toBe('');
  expect(stateWords({ state: 'canceled', reason: { code: 'REJECTED', message: '' } }).label).toBe('Rejected');
  expect(stateWords({ state: 'canceled', reason: { code: 'CANCELED_BY_USER', message: '' } }).label).toBe('Canceled');
  expect(stateWords({ state: 'canceled', reason: { code: 'REVISED', message: '' } }).label).toBe('Revised');
  expect(stateWords({ state: 'expired', reason: { code: 'REPLACED', message: '' } }).label).toBe('Replaced');
  expect(stateWords({ state: 'planning', reason: { code: 'PATCH_PROPOSED', message: '' } })).toMatchObject({
    label: 'Patch proposed',
    tone: 'attention',
  });
  expect(stateWords({ state: 'failed', reason: { code: 'REJECTED', message: '' } }).label).toBe('Failed');
});

test('a run is in the group of whoever has to move next', () => {
  expect(RUN_STATES.map((state) => [state, groupOf({ state })])).toEqual([
    ['queued', 'waiting'],
    ['planning', 'working'],
    ['editing', 'working'],
    ['testing', 'working'],
    ['preview_ready', 'working'],
    ['needs_approval', 'needs_you'],
    ['approved', 'working'],
    ['merging', 'working'],
    ['deploying', 'working'],
    ['merged', 'done'],
    ['failed', 'done'],
    ['canceled', 'done'],
    ['expired', 'done'],
  ]);
  expect(groupOf({ state: 'approved', reason: { code: 'FROZEN', message: '' } })).toBe('waiting');
  expect(groupOf({ state: 'needs_approval', reason: { code: 'APPROVAL_VOID', message: '' } })).toBe('needs_you');
  expect(groupOf({ state: 'planning', reason: { code: 'PATCH_PROPOSED', message: '' } })).toBe('needs_you');
  expect(RUN_STATES.filter(isTerminal)).toEqual(['merged', 'failed', 'canceled', 'expired']);
});

test.each<[Pick<Run, 'state' | 'queuePosition' | 'etaMs'>, number, string | undefined]>([
  [{ state: 'queued', queuePosition: 1 }, 0, 'next in the queue'],
  [{ state: 'queued', queuePosition: 3, etaMs: 240_000 }, 0, 'number 3 in the queue, ready to review in about 4 min'],
  [{ state: 'editing', etaMs: 240_000 }, 0, 'ready to review in about 4 min'],
  [{ state: 'editing', etaMs: 240_000 }, 200_000, 'ready to review in about a minute'],
  [{ state: 'merging', etaMs: 20_000 }, 0, 'live in about a minute'],
  [{ state: 'editing', etaMs: 0 }, 0, 'longer than usual'],
  [{ state: 'editing', etaMs: 240_000 }, 300_000, 'longer than usual'],
  [{ state: 'editing' }, 0, undefined],
])('%j, %d ms later: “%s”', (run, passed, words) => {
  expect(etaWords(run, passed)).toBe(words);
});

test('waiting runs stand in the order of the queue', () => {
  const run = (id: string, queuePosition: number) => ({ id, state: 'queued', queuePosition }) as Run;
  expect(groupRuns([run('c', 3), run('a', 1), run('b', 2)]).waiting.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

test('the watch on a release says how long it goes on, or what it came to', () => {
  const said = (watch?: Release['watch']) => watchWords({ watch } as Release, NOW);
  const watch = { route: '/orders', until: before(-125_000) };
  expect(said()).toBeUndefined();
  expect(said({ ...watch, state: 'watching' })?.text).toBe("Errors are watched for, on /orders and in people's requests: 2:05 left.");
  expect(said({ ...watch, until: before(1), state: 'watching' })?.text).toMatch(/: one more look\.$/);
  expect(said({ ...watch, state: 'calm', detail: '/orders answered 200 (31 times)' })).toEqual({
    worse: false,
    text: 'No rise in errors was seen after it went live: /orders answered 200 (31 times).',
  });
  expect(said({ ...watch, state: 'worse', detail: '/orders answered 500 twice in a row' })).toEqual({
    worse: true,
    text: 'Errors have risen since it went live: /orders answered 500 twice in a row.',
  });
});

test.each<[Release['process'], string | undefined]>([
  [undefined, undefined],
  [{ running: true, startedAt: before(0), restarts: 0 }, undefined],
  [{ running: true, startedAt: before(180_000), restarts: 1 }, 'Started again once, last 3 min ago.'],
  [
    { running: true, startedAt: before(180_000), restarts: 4, ended: { at: before(181_000), how: 'signal SIGKILL' } },
    'Started again 4 times, last 3 min ago; it had ended by itself (signal SIGKILL).',
  ],
  [{ running: false, startedAt: before(180_000), restarts: 4 }, 'It does not run now. It is started again by itself.'],
])('the process of a release, %j, reads “%s”', (process, words) => {
  expect(processWords({ process } as Release, NOW)?.text).toBe(words);
});
