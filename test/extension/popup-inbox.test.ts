import { describe, expect, test } from 'vitest';
import type { RunEvent } from '#shared/run.ts';
import { groupInbox, inboxGroupOf } from '../../extension/inbox/inbox-groups.ts';
import { openInbox } from '../../extension/inbox/inbox-store.ts';
import { noAccess, noOverlayOn } from '../../extension/inbox/page-access.ts';
import type { DaemonView, InboxNotice } from '../../extension/messages.ts';
import { aRun, openFakeClient, openLater, settle } from '../page/support/fake-client.ts';

const LATER = '2026-02-01T00:00:00.000Z';

describe('groups', () => {
  test.each([
    ['a run that waits for a decision', { state: 'needs_approval' }, 'needs_you'],
    ['a proposed patch', { state: 'planning', reason: { code: 'PATCH_PROPOSED', message: '' } }, 'needs_you'],
    ['one in the queue', { state: 'queued', reason: { code: 'WAITING_FOR_SLOT', message: '' } }, 'running'],
    ['one that is deployed', { state: 'deploying' }, 'running'],
    ['a failure', { state: 'failed' }, 'failed'],
    ['what expired', { state: 'expired' }, 'done'],
    ['what was merged', { state: 'merged' }, 'done'],
  ] as const)('%s is put where a person looks for it', (_what, change, group) => {
    expect(inboxGroupOf(aRun(1, change))).toBe(group);
  });

  test('runs of several daemons stand in one order, each with the name of its app; of one daemon without', () => {
    const one = { daemon: { id: 'a', app: 'shop', address: '' }, runs: [aRun(1), aRun(9)] };
    const two = { daemon: { id: 'b', address: 'http://b' }, runs: [aRun(5)] };
    const both = groupInbox([one, two]);
    expect(both.running.map(({ run, app }) => [run.title, app])).toEqual([
      ['Run 9', 'shop'],
      ['Run 5', 'http://b'],
      ['Run 1', 'shop'],
    ]);
    expect(groupInbox([one]).running.map(({ app }) => app)).toEqual([undefined, undefined]);
  });
});

describe('a page without access', () => {
  test.each([
    [undefined, 'keeps extensions out'],
    ['chrome://settings/', 'belongs to the browser'],
    ['about:config', 'belongs to the browser'],
    ['view-source:https://example.com/', 'source'],
    ['file:///tmp/x.html', 'file on your machine'],
    ['data:text/html,x', 'no address'],
    ['moz-extension://x/y.html', 'extension'],
    ['https://chromewebstore.google.com/detail/x', 'store'],
    ['https://chrome.google.com/webstore/x', 'store'],
    ['https://addons.mozilla.org/en-US/', 'store'],
  ])('%s says why', (url, words) => {
    expect(noAccess(url)).toContain(words);
  });

  test('a page of the web has access, unless it turns out to be a PDF or shut', () => {
    expect([noAccess('https://chrome.google.com/about'), noAccess('http://app.localhost:4401/'), noOverlayOn('text/html')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(noOverlayOn('application/pdf')).toContain('PDF');
    expect(noOverlayOn(undefined)).toContain('reload the page');
  });
});

function view(id: string, change: Partial<DaemonView> = {}): DaemonView {
  return { id, address: `http://${id}`, deviceName: 'Laptop', pairedAt: 0, patterns: [], link: 'ready', ...change };
}

function setup() {
  const clients = new Map<string, ReturnType<typeof openFakeClient>>();
  const clientOf = (id: string) => clients.get(id) ?? clients.set(id, openFakeClient()).get(id)!;
  const { later, run } = openLater();
  let told: (notice: InboxNotice) => void = () => {};
  const inbox = openInbox({
    listen: (then) => {
      told = then;
    },
    client: (id) => clientOf(id).client,
    later,
  });
  const asked = (id: string) => clientOf(id).asked.map(({ door }) => door);
  const answer = async (id: string, runs: [ReturnType<typeof aRun>[], ReturnType<typeof aRun>[]], nextCursor?: string) => {
    const lists = clientOf(id)
      .asked.filter(({ door }) => door === 'listRuns')
      .slice(-2);
    await lists[0]!.answer({ runs: runs[0] });
    await lists[1]!.answer({ runs: runs[1], ...(nextCursor && { nextCursor }) });
  };
  return { inbox, tell: (notice: InboxNotice) => told(notice), asked, answer, gather: run, clientOf };
}

describe('the inbox', () => {
  test('a mark shows before the daemon has kept it, and the next one counts although the answer to the first comes after it', async () => {
    const { inbox, tell, answer, clientOf } = setup();
    const failed = aRun(1, { state: 'failed', version: 3, unread: true });
    tell({ type: 'daemons', daemons: [view('a')] });
    await answer('a', [[], [failed]]);
    const unread = () => inbox.view.get().runs['a']!.map((run) => run.unread === true);
    const marks = () => clientOf('a').asked.filter(({ door }) => door === 'markRun');
    const kept = [inbox.mark('a', failed, 'read')];
    expect(unread()).toEqual([false]);
    kept.push(inbox.mark('a', failed, 'unread'));
    expect(unread()).toEqual([true]);
    await marks()[0]!.answer({ run: { ...failed, unread: undefined } });
    expect(unread()).toEqual([true]);
    await marks()[1]!.answer({ run: failed });
    expect([unread(), await Promise.all(kept)]).toEqual([[true], [true, true]]);
    expect(marks().map(({ request }) => [request.params, request.body])).toEqual([
      [{ id: failed.id }, { seen: 3 }],
      [{ id: failed.id }, { seen: null }],
    ]);
  });

  test('a mark that the daemon did not keep is taken back, and that is said', async () => {
    const { inbox, tell, answer, clientOf } = setup();
    const failed = aRun(1, { state: 'failed', unread: true });
    tell({ type: 'daemons', daemons: [view('a')] });
    await answer('a', [[], [failed]]);
    const kept = inbox.mark('a', failed, 'read');
    await clientOf('a').asked.at(-1)!.lose();
    expect([await kept, inbox.view.get().runs['a']![0]!.unread]).toEqual([false, true]);
    expect(inbox.view.get().problem).toContain('not kept');
  });

  test('what was marked elsewhere is asked for; unread only is asked of the daemon, so that none is missed further down', async () => {
    const { inbox, tell, answer, asked, gather, clientOf } = setup();
    const [one, two] = [aRun(1, { state: 'failed', unread: true }), aRun(2, { state: 'merged' })];
    tell({ type: 'daemons', daemons: [view('a')] });
    await answer('a', [[], [one, two]]);
    const titles = () => inbox.view.get().runs['a']!.map(({ title }) => title);
    inbox.showUnread(true);
    expect(titles()).toEqual(['Run 1']);
    expect(clientOf('a').asked.at(-1)!.request.query).toMatchObject({ unread: 'true' });
    await answer('a', [[], [one]]);
    tell({ type: 'notice', daemonId: 'a', notice: { type: 'reads', seq: 1, runId: one.id } });
    await gather();
    expect(asked('a').at(-1)).toBe('getRun');
    await clientOf('a')
      .asked.at(-1)!
      .answer({ run: { ...one, unread: undefined } });
    expect(titles()).toEqual([]);
    inbox.showUnread(false);
    expect(clientOf('a').asked.at(-1)!.request.query).not.toHaveProperty('unread');
  });

  test('a daemon is read when it is ready, once; one that is away is not asked', async () => {
    const { tell, asked } = setup();
    tell({ type: 'daemons', daemons: [view('a'), view('b', { link: 'offline' })] });
    tell({ type: 'daemons', daemons: [view('a'), view('b', { link: 'offline' })] });
    expect([asked('a'), asked('b')]).toEqual([['status', 'listRuns', 'listRuns'], []]);
    tell({ type: 'daemons', daemons: [view('a'), view('b')] });
    expect(asked('b')).toEqual(['status', 'listRuns', 'listRuns']);
  });

  test('when the background began anew everything is read again: what happened meanwhile was not heard', () => {
    const { tell, asked } = setup();
    for (let life = 0; life < 2; life++) {
      tell({ type: 'opened' });
      tell({ type: 'daemons', daemons: [view('a')] });
    }
    expect(asked('a')).toEqual(['status', 'listRuns', 'listRuns', 'status', 'listRuns', 'listRuns']);
  });

  test('on a page only runs about its path are asked for, of its own daemon; all of them again for all', async () => {
    const { inbox, tell, clientOf, asked } = setup();
    tell({ type: 'daemons', daemons: [view('a'), view('b')] });
    inbox.setSight({ daemonId: 'a', belongs: true, path: '/prices', asked: [] });
    expect(inbox.view.get().where).toBe('page');
    expect(Object.keys(inbox.view.get().runs)).toEqual(['a']);
    expect(clientOf('a').asked.at(-1)!.request.query).toMatchObject({ route: '/prices' });
    expect(asked('b')).toHaveLength(3);
    inbox.show('all');
    expect(Object.keys(inbox.view.get().runs)).toEqual(['a', 'b']);
    expect(clientOf('a').asked.at(-1)!.request.query).not.toHaveProperty('route');
  });

  test('of a page that is nobody’s only what was asked for there is shown', async () => {
    const { inbox, tell, answer } = setup();
    const mine = aRun(1, { route: '/x' });
    tell({ type: 'daemons', daemons: [view('a')] });
    inbox.setSight({ daemonId: 'a', belongs: false, path: '/x', asked: [mine.id] });
    expect(inbox.view.get().where).toBe('all');
    inbox.show('page');
    await answer('a', [[mine, aRun(2, { route: '/x' })], []]);
    expect(inbox.view.get().runs['a']!.map(({ id }) => id)).toEqual([mine.id]);
  });

  test('older runs of every daemon come with one more page of each; a run that changed is asked for alone', async () => {
    const { inbox, tell, answer, gather, asked, clientOf } = setup();
    tell({ type: 'daemons', daemons: [view('a'), view('b')] });
    await answer('a', [[aRun(1)], []], 'next');
    await answer('b', [[], [aRun(2, { state: 'merged' })]]);
    expect(inbox.view.get()).toMatchObject({ loaded: true, more: true });
    inbox.more();
    expect(clientOf('a').asked.at(-1)!.request.query).toMatchObject({ cursor: 'next' });
    expect(asked('b')).toHaveLength(3);
    const event: RunEvent = {
      seq: 1,
      runId: aRun(1).id,
      version: 2,
      type: 'attempt.started',
      payload: {},
      actor: 'ann',
      traceId: '',
      at: LATER,
    };
    let followed = 0;
    const stop = inbox.follow('a', aRun(1).id, () => {
      followed += 1;
    });
    tell({ type: 'notice', daemonId: 'a', notice: { type: 'run', seq: 1, event } });
    stop();
    tell({ type: 'notice', daemonId: 'a', notice: { type: 'run', seq: 2, event } });
    await gather();
    expect(asked('a').at(-1)).toBe('getRun');
    expect(followed).toBe(1);
    await settle();
  });

  test('nothing is listed of a daemon that was unpaired', () => {
    const { inbox, tell } = setup();
    tell({ type: 'daemons', daemons: [view('a')] });
    tell({ type: 'daemons', daemons: [] });
    expect(inbox.view.get().runs).toEqual({});
  });
});
