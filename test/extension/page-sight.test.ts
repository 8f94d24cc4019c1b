import { expect, test } from 'vitest';
import { openObservable } from '#shared/observable.ts';
import { maskedUrl, routeOf } from '#shared/route.ts';
import type { Run } from '#shared/run.ts';
import type { PairedDaemon } from '../../extension/background/paired-daemon.ts';
import type { Asked } from '../../extension/background/shelves.ts';
import { pageView, sight, sightOf } from '../../extension/background/views.ts';
import { maskLink } from '../../extension/capture/find-secrets.ts';
import { writeMasked } from '../../extension/capture/masked.ts';
import { aRun } from '../page/support/fake-client.ts';

const DAEMON: PairedDaemon = {
  id: 'dmn_0000000000000001',
  address: 'http://127.0.0.1:4400',
  deviceId: 'dev_1',
  deviceName: 'browser',
  key: 'k',
  pairedAt: 0,
  origins: [],
  patterns: [],
};
const ORIGIN = 'https://shop.test';

/** What the background knows: these runs, asked for on the shop unless the shop is the daemon's own. */
function knownOf(runs: readonly Run[], daemon: Partial<PairedDaemon> = {}) {
  const asked: Asked[] = runs.map(({ id }) => ({ run: `${DAEMON.id}/${id}`, origin: ORIGIN, at: 1 }));
  return {
    daemons: openObservable<readonly PairedDaemon[]>([{ ...DAEMON, ...daemon }]),
    links: { states: openObservable(new Map([[DAEMON.id, { is: 'ready' }]])) },
    outbox: { unsent: openObservable([]) },
    asked: openObservable<readonly Asked[]>(asked),
    runs: () => ({ view: openObservable({ runs }) }),
  } as never;
}
const captured = (url: string) => routeOf(writeMasked(maskLink(maskedUrl(url)), new Set()));
const ids = (runs: readonly Run[]) => runs.map(({ id }) => id);
/** A run as the daemon has it: a request with words alone is about no route. */
function runAbout(number: number, route: string | undefined): Run {
  const { route: _none, ...run } = aRun(number);
  return route === undefined ? run : { ...run, route };
}

test('a run is about the page it was captured on, also where something in its address was masked', () => {
  const page = `${ORIGIN}/users/ann@example.com/orders`;
  const here = runAbout(1, captured(page));
  const asItStands = runAbout(2, '/users/ann@example.com/orders');
  const other = runAbout(3, '/users');
  expect(here.route).toBe('/users/[email]/orders');
  for (const daemon of [{}, { origins: [ORIGIN] }]) {
    const known = knownOf([here, asItStands, other], daemon);
    expect(ids(sightOf(known, page, undefined).runs)).toEqual(ids([here, asItStands]));
    expect(sight(known, page, undefined).path).toBe('/users/[email]/orders');
  }
});

test('a run that was asked for with words alone goes on where it was asked for, and counts for no page', () => {
  const run = runAbout(1, undefined);
  const known = knownOf([run], { origins: [ORIGIN] });
  expect(ids(pageView(known, `${ORIGIN}/cart`, undefined).runs)).toEqual([run.id]);
  expect(sightOf(known, `${ORIGIN}/cart`, undefined).runs).toEqual([]);
  expect(pageView(known, 'https://other.test/cart', undefined).runs).toEqual([]);
});
