import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { openAudit } from '../../daemon/store/audit.ts';
import { must } from '../support/daemon-process.ts';
import type { House } from './house.ts';

const ENDED = new Set(['merged', 'failed', 'canceled', 'expired']);
const HOLDS_NONE = new Set(['queued', ...ENDED]);
/** Past these the slot is given up although the run goes on. */
const MAY_HOLD_NONE = new Set(['approved', 'merging', 'deploying']);

const LAST_FACTS =
  'SELECT run_id, version, to_state FROM run_events e WHERE version = (SELECT MAX(version) FROM run_events WHERE run_id = e.run_id)';

/**
 * What must hold after every day (ATTACKS 9): I1 what was acknowledged is in the ledger, I2 a run's state is what its facts
 * lead to, I3 main moved by approved merges alone and once for a run, I4 what is live was merged, I5 one lease for a slot and
 * for a run that needs it, I6 no process outlives its run, I7 the audit chain holds, I8 a request sent again is the same one.
 * And production never failed.
 */
export async function assertWell(house: House, mayBlink: boolean): Promise<void> {
  if (mayBlink) await expect.poll(async () => /data-release="[0-9a-f]{40}"/.test(await house.production()), { timeout: 20_000 }).toBe(true);
  else expect(failuresSince(house), 'production never failed').toEqual([]);
  forgetFailures(house);
  const db = new Database(join(house.state, 'ledger.db'), { readonly: true });
  try {
    // As they stood at one moment: the daemon goes on writing.
    const { runs, facts } = db.transaction(() => ({
      runs: rows<{ id: string; status: string; version: number; snapshot: string }>(db, 'SELECT id, status, version, snapshot FROM runs'),
      facts: rows<{ run_id: string; version: number; to_state: string }>(db, LAST_FACTS),
    }))();
    const states = new Map(runs.map(({ id, status }) => [id, status]));
    expect(
      house.acknowledged.filter(({ id }) => !states.has(id)),
      'I1 acknowledged and lost',
    ).toEqual([]);

    expect(facts.map(({ run_id, version, to_state }) => [run_id, version, to_state]).sort(), 'I2 state and facts').toEqual(
      runs.map(({ id, version, status }) => [id, version, status]).sort(),
    );

    const approved = new Set(rows<{ run_id: string }>(db, 'SELECT DISTINCT run_id FROM approvals').map(({ run_id }) => run_id));
    expect(unapprovedMoves(house, approved), 'I3 main moved by more than approved merges').toEqual([]);

    const live = rows<{ commit_sha: string }>(db, "SELECT commit_sha FROM releases WHERE state = 'live'");
    for (const { commit_sha } of live) house.control('merge-base', '--is-ancestor', commit_sha, 'main');

    const active = "SELECT slot_id, run_id FROM slot_leases WHERE lease_state = 'active'";
    const idle = () => rows<{ slot_id: string; run_id: string }>(db, active).filter(({ run_id }) => HOLDS_NONE.has(states.get(run_id)!));
    await expect.poll(idle, { timeout: 5_000, message: 'I5 leases of runs that hold nothing' }).toEqual([]);
    const leases = rows<{ slot_id: string; run_id: string }>(db, active);
    const holders = new Set(leases.map(({ run_id }) => run_id));
    const without = runs.filter(({ id, status }) => !HOLDS_NONE.has(status) && !MAY_HOLD_NONE.has(status) && !holders.has(id));
    expect(
      without.map(({ id, status }) => [id, status]),
      'I5 runs without their lease',
    ).toEqual([]);

    expect(openAudit(db).firstBroken(), 'I7 the audit chain').toBeUndefined();

    const over = runs.filter(({ status }) => ENDED.has(status)).map(({ id }) => id);
    await expect.poll(() => taggedWith(over), { timeout: 5_000, message: 'I6 processes that outlived their run' }).toEqual([]);
  } finally {
    db.close();
  }
  const newest = house.acknowledged.at(-1);
  if (newest === undefined) return;
  const again = await must(house.daemon().client.call('createRun', { body: { prompt: newest.prompt }, key: newest.key }));
  expect(again.run.id, 'I8 a request sent again').toBe(newest.id);
}

/** Commits on main's first line that are neither a person's, nor a merge that was approved, nor what took one back. */
function unapprovedMoves({ control }: House, approved: ReadonlySet<string>): readonly string[] {
  const format = '--format=%H%x09%ce%x09%s%x09%(trailers:key=Codex-Run,valueonly,separator=%x2C)%x09%P';
  const lines = control('log', '--first-parent', format, 'main').split('\n');
  const merged: string[] = [];
  const wrong = lines.filter((line) => {
    const [, committer, subject, run, parents] = line.split('\t') as [string, string, string, string, string];
    if (committer === 'someone@example.test') return false;
    if (subject.startsWith('Undo: ') || subject.startsWith('Merge main of the repository')) return false;
    merged.push(run);
    return !approved.has(run) || parents.split(' ').length !== 2;
  });
  return [...wrong, ...merged.filter((run, index) => merged.indexOf(run) !== index)];
}

const seen = new WeakMap<House, number>();
const failuresSince = (house: House) => house.probe.failures.slice(seen.get(house) ?? 0);
const forgetFailures = (house: House) => void seen.set(house, house.probe.failures.length);

const rows = <T>(db: Database.Database, sql: string): T[] => db.prepare<[], T>(sql).all();

/** Processes that carry the tag of one of these runs. */
function taggedWith(runs: readonly string[]): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const tag = /CODEX_BUILDER_TAG=([^/\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1];
        return tag !== undefined && runs.includes(tag) ? [`${pid} of ${tag}`] : [];
      } catch {
        return []; // it ended while we looked
      }
    });
}
