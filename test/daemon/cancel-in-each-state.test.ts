import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunState } from '#shared/run.ts';
import { type AppDaemon, startAppDaemon } from '../support/app-daemon.ts';
import { asSoonAs } from '../support/as-soon-as.ts';
import { approve, must, processesOf, request, untilState } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { get, type ProductionProbe, probeProduction } from '../support/production-probe.ts';

let live: AppDaemon;
let { app, model, daemon, state, ports } = {} as AppDaemon;
let probe: ProductionProbe;

beforeAll(async () => {
  live = await startAppDaemon();
  ({ app, model, daemon, state, ports } = live);
  probe = probeProduction(ports.gateway, app.route);
}, 60_000);

afterAll(async () => {
  await probe.stop();
  await live.end();
});

const cancel = (id: string) => daemon.client.call('cancelRun', { params: { id }, body: {} });
const main = () => app.git(`--git-dir=${state}/control.git`, 'rev-parse', 'main');

/** Asks, and cancels the moment the run enters the state. */
async function cancelIn(target: RunState) {
  // A release of slow words takes its time to start, so that there is time to cancel it.
  model.teach(target, changeWords(app, app.words, `slow-start-in-${target}`));
  const reached = asSoonAs(daemon, state, target, cancel);
  const { id } = await request(daemon, `SCENARIO=${target}`);
  if (['approved', 'merging', 'deploying'].includes(target)) await approve(daemon, await untilState(daemon, id, 'needs_approval'));
  return { id, answer: await reached(id) };
}

const STATES: readonly RunState[] = ['queued', 'planning', 'editing', 'testing', 'preview_ready', 'needs_approval', 'approved', 'merging'];

test.each(STATES)(
  'canceled in %s: main is where it was, nothing of the run is left, its slot is free',
  async (target) => {
    const before = main();
    const { id, answer } = await cancelIn(target);
    expect(answer).toMatchObject({ ok: true });
    const ended = await untilState(daemon, id, 'canceled');
    expect(ended.reason?.code).toBe('CANCELED_BY_USER');
    await expect.poll(() => processesOf(id), { timeout: 2_000 }).toEqual([]);
    const slots = async () => (await must(daemon.client.call('listSlots', {}))).slots.map(({ state: each }) => each);
    await expect.poll(slots, { timeout: 10_000 }).toEqual(['free', 'free', 'free']);
    expect(main()).toBe(before);
    expect((await get(ports.gateway, 'app.localhost', app.route)).text).toContain(app.words);
    expect(await cancel(id)).toMatchObject({ ok: false, code: 'wrong_state' });
  },
  60_000,
);

test('in deploying a cancel is refused and names the rollback; the run goes on to its end', async () => {
  const { id, answer } = await cancelIn('deploying');
  expect(answer).toMatchObject({ ok: false, status: 409, code: 'wrong_state', message: expect.stringMatching(/roll ?back/i) });
  await untilState(daemon, id, 'merged');
  expect((await get(ports.gateway, 'app.localhost', app.route)).text).toContain('slow-start-in-deploying');
  await expect.poll(() => probe.releases.length, { timeout: 5_000 }).toBe(2);
  expect(probe.failures).toEqual([]);
}, 60_000);
