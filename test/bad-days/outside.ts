import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { gatewayOf, must } from '../support/daemon-process.ts';
import { hashFolder } from '../support/repository.ts';
import { addFile, answer } from '../support/scripted-model.ts';
import type { Met } from './bad-day.ts';
import type { House } from './house.ts';
import { split } from './runs.ts';

const MERGED = { reason: '', slot: 'free again', merged: true } as const;

/** Work in the person's checkout is byte-identical after a merge, and that it was left is said. */
export async function dirtyCheckout(house: House): Promise<Met> {
  const { app } = house;
  await house.inStep();
  writeFileSync(join(app.repo, app.file), 'work that is not committed\n');
  writeFileSync(join(app.repo, 'untracked.txt'), 'mine\n');
  app.git('add', 'untracked.txt');
  const before = hashFolder(app.repo);
  await house.merge(await house.ready());
  const says = (await house.banner(/left as it is/)).replaceAll(app.repo, '<repo>');
  expect(hashFolder(app.repo), 'the checkout was touched').toBe(before);
  app.git('checkout', '-q', '-f', 'HEAD', '--', app.file);
  app.git('rm', '-q', '--cached', 'untracked.txt');
  app.git('clean', '-fdq');
  await house.inStep();
  return { ...MERGED, says, remedy: '' };
}

/** A detached checkout stays where it is; main of its repository is brought along beside it. */
export async function detachedCheckout(house: House): Promise<Met> {
  const { app } = house;
  await house.inStep();
  app.git('checkout', '-q', '--detach');
  const before = [app.git('rev-parse', 'HEAD'), app.git('status', '--porcelain'), readFileSync(join(app.repo, app.file), 'utf8')];
  const merged = await house.merge(await house.ready());
  await house.inStep();
  const now = [app.git('rev-parse', 'HEAD'), app.git('status', '--porcelain'), readFileSync(join(app.repo, app.file), 'utf8')];
  expect(now).toEqual(before);
  expect(app.git('rev-parse', 'main')).toBe(merged.mergeCommit);
  const { events } = await must(house.daemon().client.call('getRunEvents', { params: { id: merged.id } }));
  const followed = events.find(({ type }) => type === 'upstream.followed')!;
  app.git('checkout', '-q', 'main');
  return { ...MERGED, says: `upstream ${String(followed.payload['state'])}`, remedy: '' };
}

/** git knows no name of the person: commits are made all the same, under names of their own. */
export async function noIdentity(house: House): Promise<Met> {
  const { app } = house;
  const known = ['user.name', 'user.email'].map((key) => {
    try {
      return execFileSync('git', ['-C', app.repo, 'config', key], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
      });
    } catch {
      return undefined;
    }
  });
  expect(known).toEqual([undefined, undefined]);
  const merged = await house.merge(await house.ready());
  return { ...MERGED, says: `committed by ${house.control('log', '-1', '--format=%cn <%ce>', merged.mergeCommit!)}`, remedy: '' };
}

/** main there no longer contains what was merged here. A person decides; here they push it forward again. */
export async function mainRewritten(house: House): Promise<Met> {
  const { app } = house;
  await house.merge(await house.ready());
  await house.inStep();
  const waiting = await house.ready();
  const was = app.git('rev-parse', 'main');
  const before = house.control('rev-parse', 'main');
  app.git('reset', '-q', '--hard', 'main~1');
  const text = await house.banner(/was rewritten/);
  const refused = await house.daemon().client.call('approveRun', { params: { id: waiting.id }, body: { headCommit: waiting.headCommit! } });
  if (refused.ok) throw new Error('a run was approved onto a main that was rewritten');
  expect(house.control('rev-parse', 'main'), 'main followed a rewritten one by itself').toBe(before);
  app.git('reset', '-q', '--hard', was);
  await house.noBanner(/was rewritten/);
  await house.merge(waiting);
  const [says, remedy] = split(
    text.replace(/rewritten to [0-9a-f]+/, 'rewritten to <commit>').replace(/"SCENARIO=[^"]*"/, '"<title>"'),
    /(?=Either push)/,
  );
  return { ...MERGED, reason: `${refused.status} ${refused.code}`, says: says.trim(), remedy };
}

/** The person's repository is away: runs are merged and released without it, and it is brought along when it is back. */
export async function upstreamOffline(house: House): Promise<Met> {
  const { app } = house;
  await house.inStep();
  renameSync(app.repo, `${app.repo}-away`);
  let text: string;
  let merged: string | undefined;
  try {
    text = await house.banner(/cannot be reached.*does not exist/);
    merged = (await house.merge(await house.ready())).mergeCommit;
  } finally {
    renameSync(`${app.repo}-away`, app.repo);
  }
  await house.inStep();
  expect(app.git('rev-parse', 'main')).toBe(merged);
  const [says, remedy] = split(text.replaceAll(app.repo, '<repo>').replace(/since \S+ \S+ UTC/, 'since <time>'), /(?=Runs go on)/);
  return { ...MERGED, says: says.trim(), remedy };
}

/** The daemon starts the gateway again; it takes the live release over as it runs. */
export async function gatewayKilled(house: House): Promise<Met> {
  const { pid, live } = await gatewayOf(house.state);
  const page = await house.production();
  process.kill(pid, 'SIGKILL');
  await expect
    .poll(
      async () =>
        gatewayOf(house.state).then(
          (now) => now.pid,
          () => undefined,
        ),
      { timeout: 20_000 },
    )
    .not.toBe(undefined);
  expect((await gatewayOf(house.state)).live, 'another release is live').toBe(live);
  expect(await house.production(), 'the release was started anew').toBe(page);
  const told = await house.banner(/gateway was cut off/);
  const [says, remedy] = split(untimed(told), /(?=Its log)/);
  return { reason: '', says: says.trim(), remedy, slot: 'no slot in it' };
}

/** The gateway starts the live release again. */
export async function releaseKilled(house: House): Promise<Met> {
  const pidOf = (page: string) => Number(/pid (\d+)/.exec(page)?.[1]);
  const before = pidOf(await house.production());
  process.kill(before, 'SIGKILL');
  await expect.poll(async () => ![before, Number.NaN].includes(pidOf(await house.production())), { timeout: 20_000 }).toBe(true);
  const says = untimed(await house.banner(/ended by itself/)).replace(/\((signal SIGKILL|nobody saw how|exit code \d+)\)/, '(<how>)');
  const { releases } = await must(house.daemon().client.call('listReleases', {}));
  expect(releases.find(({ state }) => state === 'live')?.process).toMatchObject({ running: true, restarts: 1 });
  return { reason: '', says, remedy: '', slot: 'no slot in it' };
}

const untimed = (text: string): string => text.replace(/at \S+ \S+ UTC/, 'at <time>');

/** The machine's clock is set two hours ahead, then two hours back, while runs wait for a person and one for a slot. */
export async function clockJumps(house: House): Promise<Met> {
  const HOURS = 2 * 3_600_000;
  const [first, second] = [await house.ready(), await house.ready()];
  const third = await house.waits(await house.ask([addFile('third.txt', '3\n'), answer({ files: ['third.txt'] })]));
  const code = third.reason!.code;
  for (const ms of [HOURS, -HOURS]) {
    house.skew(ms);
    const since = Date.now() + ms;
    await expect.poll(() => oldestBeat(house, since), { timeout: 10_000, interval: 25 }).toBe(2);
    expect((await house.until(first.id, 'needs_approval', 'expired')).state).toBe('needs_approval');
    expect((await house.until(second.id, 'needs_approval', 'expired')).state).toBe('needs_approval');
    expect((await house.until(third.id, 'queued', 'planning')).state).toBe('queued');
  }
  await house.merge(first);
  await must(house.daemon().client.call('rejectRun', { params: { id: second.id }, body: { reason: 'enough' } }));
  await house.until(third.id, 'needs_approval');
  house.skew(0);
  await must(house.daemon().client.call('cancelRun', { params: { id: third.id }, body: {} }));
  await house.until(third.id, 'canceled');
  return { ...MERGED, says: `${code} as before, nobody's time is over`, remedy: '', slot: 'kept, as it must' };
}

/** How many leases were beaten for within the two seconds around this instant of a clock that was set. */
function oldestBeat({ state }: House, since: number): number {
  const db = new Database(join(state, 'ledger.db'), { readonly: true });
  const beats = db.prepare<[], { at: number }>("SELECT heartbeat_at AS at FROM slot_leases WHERE lease_state = 'active'").all();
  db.close();
  return beats.filter(({ at }) => at >= since && at < since + 3_600_000).length;
}
