import type { Effect } from '../core/effects.ts';
import type { ReleaseRow } from '../store/releases.ts';
import { considerUpstream, type Due, dueOf, type Synced } from './consider-upstream.ts';
import { makeLive } from './deploy.ts';
import { gateRelease } from './gate-release.ts';
import type { DaemonHandler, Handled, Parts } from './parts.ts';
import { noteUpstream, seeUpstream } from './see-upstream.ts';

/** What a person has said, if one did: to release main as it is, or to take a rewritten main over. */
interface Order {
  actor: string;
  asked: boolean;
  takeOver?: string;
}

/** What is to be released. A merge of both mains is not on main yet. */
interface Target {
  commit: string;
  title: string;
  merge?: { ours: string; theirs: string };
}

/**
 * Brings what people pushed to their own repository into production: merged with our main where both moved, checked
 * like a run's merge, then made live. What fails leaves production as it is and stays said until something newer comes.
 */
export const releaseUpstream =
  (parts: Parts): DaemonHandler =>
  async (effect, signal) => {
    const begun = parts.releases.upstreamInPreparation();
    const handled = begun === undefined ? await begin(parts, orderOf(effect), signal) : await resume(parts, begun, signal);
    if (handled === 'done' && !signal.aborted) await lookAgain(parts, effect, signal);
    return handled;
  };

function orderOf({ payload }: Effect): Order {
  const { actor, asked, takeOver } = payload;
  return {
    actor: typeof actor === 'string' ? actor : 'daemon',
    asked: asked === true,
    ...(typeof takeOver === 'string' ? { takeOver } : {}),
  };
}

async function begin(parts: Parts, order: Order, signal: AbortSignal): Promise<Handled> {
  const { repository, settingsAt, releases, flags, ledger, ids } = parts;
  // Frozen means that neither main nor production changes by anything but a rollback.
  if (flags.freeze().on) return 'wait';
  let synced: Synced = await repository.syncFromUpstream(signal);
  let due = await dueOf(parts, synced);
  if (due.is === 'rewritten' && (due.isTheirsAlone || due.commit === order.takeOver)) {
    synced = await takeOver(parts, order, synced.main, due.commit, signal);
    due = await dueOf(parts, synced);
  }
  seeUpstream(parts, synced);
  const target = targetOf(due, order, synced.main);
  if (target === undefined) return 'done';
  const at = await settingsAt(synced.main);
  const isWanted = order.asked || !at.ok || at.settings.deploy.upstream === 'auto';
  if (!isWanted) {
    // Nothing goes live by itself; the two mains are made one all the same, so that runs can be merged.
    if (target.merge !== undefined) await mergeOnly(parts, target, target.merge, signal);
    return 'done';
  }
  if (releases.live()?.commit_sha === target.commit) return 'done';
  const id = ids.next('rel');
  const entry = { actor: order.actor, action: 'release_begun', subject: id, traceId: ids.randomHex(16), payload: target };
  ledger.act(entry, (tx) => {
    releases.add({ id, commit: target.commit, kind: 'upstream', title: target.title, actor: order.actor, at: tx.now });
    tx.hint('releases');
  });
  noteUpstream(parts, { notLive: undefined, held: undefined });
  return carryOn(parts, releases.find(id)!, signal);
}

function targetOf(due: Due, order: Order, main: string): Target | undefined {
  switch (due.is) {
    case 'merge':
      return due.refused !== undefined && !order.asked
        ? undefined
        : { commit: due.commit, title: due.title, merge: { ours: due.ours, theirs: due.theirs } };
    case 'release':
      return due.refused !== undefined && !order.asked ? undefined : { commit: due.commit, title: due.title };
    case 'nothing':
      if (order.takeOver === main) return { commit: main, title: 'main of your repository, as it was rewritten' };
      return order.asked ? { commit: main, title: 'main as it is' } : undefined;
    case 'conflict':
    case 'rewritten':
      return undefined;
  }
}

/** Makes their rewritten main ours. */
async function takeOver(parts: Parts, order: Order, from: string, to: string, signal: AbortSignal): Promise<Synced> {
  const { repository, ledger, ids } = parts;
  const moved = await repository.takeOverMain({ from, to });
  if (moved.end === 'main_moved') throw new Error(`main moved to ${moved.main} while it was being taken over`);
  const payload = { from, to };
  ledger.act({ actor: order.actor, action: 'main_taken_over', subject: to, traceId: ids.randomHex(16), payload }, (tx) => {
    tx.hint('status');
  });
  return repository.syncFromUpstream(signal);
}

/** Goes on with what was cut off or frozen in the middle, unless main is no longer what it was begun for. */
async function resume(parts: Parts, release: ReleaseRow, signal: AbortSignal): Promise<Handled> {
  const { repository, deployer, sandbox } = parts;
  const survivors = await sandbox.sweep(release.id);
  if (survivors.length > 0) throw new Error(`processes of ${release.id} could not be ended: ${survivors.join(', ')}`);
  if ((await deployer.live()) !== release.id) {
    const main = (await repository.head('refs/heads/main'))!;
    // A run or a rollback may have come between: what it did must not be undone by something older.
    if (main !== release.commit_sha && (await repository.isAncestor(release.commit_sha, main))) {
      return fail(parts, release, 'main moved on before it was live.');
    }
  }
  return carryOn(parts, release, signal);
}

/** Gate, land where it is a merge, deploy. Begun anew after it was cut off, it ends the same. */
async function carryOn(parts: Parts, release: ReleaseRow, signal: AbortSignal): Promise<Handled> {
  const { deployer, flags, log } = parts;
  if ((await deployer.live()) !== release.id) {
    if (flags.freeze().on) return 'wait';
    const commit = release.commit_sha;
    const refused = await gateRelease(parts, { releaseId: release.id, commit, signal });
    if (signal.aborted) return 'done';
    if (refused !== undefined) return fail(parts, release, refused);
    if (flags.freeze().on) return 'wait';
    const now = await parts.repository.syncFromUpstream(signal);
    if (now.state === 'diverged' && now.rewritten)
      return fail(parts, release, 'main in your repository was rewritten while it was being checked.');
    const landed = await land(parts, commit, signal);
    if (landed !== undefined) return fail(parts, release, landed);
  }
  const brought = await makeLive(parts, release, signal);
  if (brought?.ok === false) {
    log('error', 'commits of upstream could not be made live', { release: release.id, step: brought.step, detail: brought.detail });
  }
  return 'done';
}

/** Moves main to a merge of both mains; what is part of main already stays. Answers why it could not be. */
async function land(parts: Parts, commit: string, signal: AbortSignal): Promise<string | undefined> {
  const { repository } = parts;
  const main = (await repository.head('refs/heads/main'))!;
  if (await repository.isAncestor(commit, main)) return undefined;
  const [newest] = await repository.commitsBetween(undefined, commit, 1);
  const [ours, theirs] = newest?.parents ?? [];
  // What is not on main and merges nothing was on a main that is gone.
  if (ours === undefined || theirs === undefined) return 'main was rewritten while it was being checked.';
  const landed = await repository.landSync({ from: ours, theirs, to: commit });
  if (landed.end === 'main_moved') return 'main moved while the merge was being checked.';
  seeUpstream(parts, await repository.bringUpstreamAlong(signal));
  return undefined;
}

async function mergeOnly(parts: Parts, target: Target, merge: { ours: string; theirs: string }, signal: AbortSignal): Promise<void> {
  const { repository, releases, ledger, ids } = parts;
  const id = ids.next('rel');
  const refused = await gateRelease(parts, { releaseId: id, commit: target.commit, signal });
  if (signal.aborted) return;
  if (refused === undefined) {
    const landed = await repository.landSync({ from: merge.ours, theirs: merge.theirs, to: target.commit });
    if (landed.end === 'moved') seeUpstream(parts, await repository.bringUpstreamAlong(signal));
    return;
  }
  // A row of its own, so that the reason stays and its logs are found.
  ledger.act({ actor: 'daemon', action: 'release_failed', subject: id, traceId: ids.randomHex(16), payload: { refused } }, (tx) => {
    releases.add({ id, commit: target.commit, kind: 'upstream', title: target.title, actor: 'daemon', at: tx.now });
    releases.markFailed(id, refused);
    tx.hint('releases');
  });
}

function fail({ ledger, releases, ids }: Parts, release: ReleaseRow, why: string): Handled {
  ledger.act({ actor: 'daemon', action: 'release_failed', subject: release.id, traceId: ids.randomHex(16), payload: { why } }, (tx) => {
    releases.markFailed(release.id, why);
    tx.hint('releases');
  });
  return 'done';
}

/** Says how it stands now, and lets runs that waited for main go on. */
async function lookAgain(parts: Parts, effect: Effect, signal: AbortSignal): Promise<void> {
  const { repository, outbox, ledger, ids } = parts;
  const synced = await repository.syncFromUpstream(signal);
  // Done with it first, so that what came meanwhile can be owed at once.
  ledger.act({ actor: 'daemon', action: 'upstream_handled', subject: 'upstream', traceId: ids.randomHex(16), payload: synced }, (tx) => {
    outbox.done(effect.id, tx.now);
    tx.hint('status');
  });
  seeUpstream(parts, synced);
  await considerUpstream(parts, synced);
}
