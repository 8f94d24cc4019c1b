import { expect, test } from 'vitest';
import { productionNews } from '../../daemon/core/production-seen.ts';

const NOW = 10 * 3_600_000;
const MINUTE = 60_000;
const LIVE = { releaseId: 'rel_1', running: true, startedAt: 0, restarts: 0 };
const news = (seen: Parameters<typeof productionNews>[0]) => productionNews(seen, NOW, (at) => `minute ${at / MINUTE}`);

test('of what runs as it should, and of what was long ago, there is no news', () => {
  expect(news({})).toEqual([]);
  expect(news({ live: LIVE })).toEqual([]);
  // Started again because it was stopped with everything else: nothing went wrong.
  expect(news({ live: { ...LIVE, restarts: 3, startedAt: NOW } })).toEqual([]);
  expect(news({ live: { ...LIVE, restarts: 3, ended: { at: NOW - 3_600_000, how: 'exit code 1' } } })).toEqual([]);
  expect(news({ live: LIVE, cutOff: { times: 4, at: NOW - 3_600_000 } })).toEqual([]);
});

test('a release that ended by itself and a gateway that was cut off are news for an hour, each with when and how often', () => {
  const seen = {
    live: { ...LIVE, restarts: 2, ended: { at: NOW - MINUTE, how: 'signal SIGKILL' } },
    cutOff: { times: 1, at: NOW - 2 * MINUTE },
  };
  expect(news(seen)).toEqual([
    { level: 'warn', text: 'Production ended by itself at minute 599 (signal SIGKILL) and was started again, 2 times in all.' },
    {
      level: 'warn',
      text: 'The gateway was cut off and started again at minute 598, once in all. Its log is logs/gateway.log.',
    },
  ]);
});

test('one that does not run now is said as long as it does not', () => {
  expect(news({ live: { ...LIVE, running: false } })).toEqual([{ level: 'error', text: expect.stringMatching(/^Production is down/) }]);
  expect(news({ live: { ...LIVE, running: false, restarts: 1, ended: { at: NOW, how: 'exit code 1' } } })).toHaveLength(1);
});
