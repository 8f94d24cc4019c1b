import { describe, expect, test } from 'vitest';
import { type Counts, judgeWatch, type Look } from '../../daemon/core/watch.ts';

const answered = (status: number): Look => ({ end: 'answered', status });
const NONE: Look = { end: 'no_answer' };
const counts = (requests: number, serverErrors: number, noAnswer = 0, failing: Counts['failing'] = []): Counts => ({
  requests,
  serverErrors,
  noAnswer,
  failing,
});
const looks = (...seen: (number | Look)[]) => seen.map((look) => (typeof look === 'number' ? answered(look) : look));

describe('the route', () => {
  test.each([
    ['fails twice in a row', 200, looks(500, 500), '/orders answered 500 twice in a row; before the deploy it answered 200'],
    [
      'fails twice after it was well',
      200,
      looks(200, 200, 503, 500),
      '/orders answered 503, then answered 500; before the deploy it answered 200',
    ],
    ['gives no answer twice', 200, looks(NONE, NONE), '/orders gave no answer twice in a row; before the deploy it answered 200'],
    ['was new with the deploy', 404, looks(502, NONE), '/orders answered 502, then gave no answer; before the deploy it answered 404'],
  ])('worse when it %s', (_name, before, seen, detail) => {
    expect(judgeWatch({ route: '/orders', before: answered(before), looks: seen })).toEqual({ verdict: 'worse', detail });
  });

  test('worse, without a comparison in its words, when it is not known how it answered before', () => {
    expect(judgeWatch({ route: '/orders', looks: looks(500, 500) })).toEqual({
      verdict: 'worse',
      detail: '/orders answered 500 twice in a row',
    });
  });

  test.each([
    ['answers as it should', looks(200, 200), 'calm', '/orders answered 200 (2 times)'],
    ['answers 404', looks(404, 404), 'calm', '/orders answered 404 (2 times)'],
    ['failed once, then not', looks(500, 200, 200), 'calm', '/orders answered 500 (once), answered 200 (2 times)'],
    ['fails now and then, never twice', looks(500, 200, 500, 200), 'calm', '/orders answered 500 (2 times), answered 200 (2 times)'],
    ['failed this once', looks(200, 500), 'unsure', '/orders answered 200 (once), answered 500 (once)'],
  ] as const)('not worse when it %s', (_name, seen, verdict, detail) => {
    expect(judgeWatch({ route: '/orders', before: answered(200), looks: seen })).toEqual({ verdict, detail });
  });

  test.each([answered(500), NONE])('no rise when it was as bad before', (before) => {
    expect(judgeWatch({ route: '/orders', before, looks: looks(500, 500, NONE) })).toEqual({
      verdict: 'calm',
      detail: '/orders answered 500 (2 times), gave no answer (once), no better before the deploy',
    });
  });
});

describe("people's requests", () => {
  const judge = (traffic: Counts, trafficBefore?: Counts) =>
    judgeWatch({ route: '/', before: answered(200), looks: looks(200), traffic, ...(trafficBefore && { trafficBefore }) });

  test.each<[string, Counts, Counts | undefined]>([
    ['5 % of them fail and none did before', counts(60, 3), counts(1_000, 0)],
    ['they get no answer', counts(20, 0, 3), counts(1_000, 0)],
    ['three times as large a part fails', counts(100, 30), counts(100, 10)],
    ['half of what went well before fails', counts(100, 70), counts(100, 40)],
    ['nothing is known of before', counts(20, 20), undefined],
    ['nobody came before', counts(20, 20), counts(0, 0)],
  ])('worse when %s', (_name, now, before) => {
    expect(judge(now, before).verdict).toBe('worse');
  });

  test.each<[string, Counts, Counts | undefined]>([
    ['fewer than 20 came', counts(19, 19), counts(1_000, 0)],
    ['one or two failed', counts(20, 1, 1), counts(1_000, 0)],
    ['less than 5 % fail', counts(1_000, 49), counts(1_000, 0)],
    ['a little more than before fails', counts(100, 29), counts(100, 10)],
    ['somewhat more than much fails', counts(100, 69), counts(100, 40)],
    ['all failed before and after', counts(100, 100), counts(100, 100)],
  ])('calm when %s', (_name, now, before) => {
    expect(judge(now, before).verdict).toBe('calm');
  });

  test('the words say how many of how many, where, and what it was before', () => {
    const failing = [
      { path: '/orders', count: 20 },
      { path: '/', count: 3 },
    ];
    expect(judge(counts(310, 20, 3, failing), counts(5_120, 2)).detail).toBe(
      '23 of 310 requests (7.4 %) failed since the deploy, 20 of them on /orders; before it 2 of 5120 requests (under 0.1 %)',
    );
    expect(judge(counts(20, 20, 0, [{ path: '/a', count: 20 }]), counts(0, 0)).detail).toBe(
      '20 of 20 requests (100 %) failed since the deploy, all of them on /a; none was counted before it',
    );
    expect(judge(counts(310, 1), counts(50, 1)).detail).toBe('/ answered 200 (once); 1 of 310 requests (0.3 %) failed');
  });

  test('both reasons are told', () => {
    const both = judgeWatch({ route: '/orders', looks: looks(500, 500), traffic: counts(20, 20) });
    expect(both).toEqual({
      verdict: 'worse',
      detail: '/orders answered 500 twice in a row; 20 of 20 requests (100 %) failed since the deploy; none was counted before it',
    });
  });
});
