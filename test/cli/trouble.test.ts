import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Diff } from '#shared/review.ts';
import type { Run, RunEvent } from '#shared/run.ts';
import { connect } from '../../daemon/cli/connect.ts';
import { notices } from '../../daemon/cli/notices.ts';
import { must } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { temporaryFolder } from '../support/repository.ts';
import { answer } from '../support/scripted-model.ts';
import { type Live, startLive } from './live.ts';
import { startProxy, type Troubles } from './proxy.ts';
import { runCli } from './run-cli.ts';

const { folder, cleanUp } = temporaryFolder();
let live: Live;
beforeAll(async () => {
  live = await startLive({ slots: [{}, {}], limits: { queue: 2 } });
}, 60_000);
afterAll(async () => {
  await live.end();
  cleanUp();
});
afterEach(async () => {
  for (const run of await runs()) if (run.endedAt === undefined) await live.run(['cancel', run.id]);
});

const runs = async (): Promise<readonly Run[]> => (await live.json<{ runs: Run[] }>(['runs'])).runs;

/** Through a bad line; closed afterwards. */
async function through<T>(troubles: Troubles, work: (proxy: Awaited<ReturnType<typeof startProxy>>) => Promise<T>): Promise<T> {
  const proxy = await startProxy(live.daemon, folder, troubles);
  try {
    return await work(proxy);
  } finally {
    await proxy.close();
  }
}

describe('a lost reply', () => {
  test('is asked for again with the same key, and the change is asked for once', async () => {
    const before = (await runs()).length;
    live.model.teach('once', [answer()]);
    await through({ dropsReply: (call, count) => call === 'POST /api/runs' && count <= 2 }, async ({ state, seen }) => {
      expect((await runCli(['request', 'SCENARIO=once', '--state', state])).code).toBe(0);
      const posts = seen.filter(({ call }) => call === 'POST /api/runs');
      expect(posts).toHaveLength(3);
      expect(posts[0]!.key).toMatch(/^[0-9a-f-]{36}$/);
      expect(new Set(posts.map(({ key }) => key)).size).toBe(1);
      expect((await runCli(['request', 'SCENARIO=once', '--state', state])).code).toBe(0);
      expect(seen.at(-1)!.key, 'each call has a key of its own').not.toBe(posts[0]!.key);
    });
    expect((await runs()).length).toBe(before + 2);
  });

  test('that never comes is told with the key that makes another try safe', async () => {
    const before = (await runs()).length;
    live.model.teach('lost', [answer()]);
    const lost = await through({ dropsReply: (call) => call === 'POST /api/runs' }, ({ state }) =>
      runCli(['request', 'SCENARIO=lost', '--state', state, '--json']),
    );
    expect(lost).toMatchObject({ code: 69, out: '' });
    const { error } = JSON.parse(lost.err) as { error: { code: string; details: { key: string }; next: string } };
    expect(error.code).toBe('reply_lost');
    expect(error.next).toContain(`--key ${error.details.key}`);
    expect(await live.run(['request', 'SCENARIO=lost', '--key', error.details.key])).toMatchObject({ code: 0 });
    expect((await runs()).length).toBe(before + 1);
    const other = await live.run(['request', 'something else', '--key', error.details.key]);
    expect(other).toMatchObject({ code: 1, out: '' });
    expect(other.err).toContain('Leave --key out, or give another.');
  }, 30_000);
});

describe('a stream that is cut again and again', () => {
  test('leaves nothing out and tells nothing twice', async () => {
    const { app, model, daemon } = live;
    model.teach('cut', changeWords(app, app.words, 'cut'));
    await through({ cutsStreamAfter: 3 }, async ({ state, seen }) => {
      expect((await live.run(['request', 'SCENARIO=cut'])).code).toBe(0);
      const [{ id }] = (await runs()) as [Run];
      const stop = new AbortController();
      const watching = runCli(['watch', id, '--json', '--state', state], { interrupt: stop.signal });
      expect((await runCli(['request', '--wait', '--state', state, 'SCENARIO=cut'])).code, 'waiting goes through it too').toBe(0);
      expect((await live.run(['cancel', id])).code).toBe(0);
      const told = await watching;
      expect(told.code).toBe(11);
      const seqs = told.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { event: RunEvent }).event.seq);
      const { events } = await must(daemon.client.call('getRunEvents', { params: { id }, query: {} }));
      const until = events.findIndex(({ to }) => to === 'canceled');
      expect(seqs).toEqual(events.slice(0, until + 1).map(({ seq }) => seq));
      expect(seen.filter(({ call }) => call === 'GET /api/events').length, 'it was cut').toBeGreaterThan(3);

      const middle = seqs[4]!;
      const rest = await runCli(['watch', id, '--json', '--after', String(middle), '--state', state]);
      expect(
        rest.out
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { seq: number }).seq),
      ).toEqual(seqs.slice(5));
    });
  }, 60_000);

  test('watching everything goes on behind a number, and says which when it is left', async () => {
    const stop = new AbortController();
    const { seq } = await live.json<{ seq: number }>(['status']);
    const watching = live.run(['watch', '--after', '0', '--json'], { interrupt: stop.signal });
    live.model.teach('all', [answer()]);
    await live.run(['cycle', 'SCENARIO=all']);
    stop.abort();
    const told = await watching;
    expect(told.code).toBe(130);
    const seqs = told.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; seq: number })
      .flatMap((notice) => (notice.type === 'run' ? [notice.seq] : []));
    expect(seqs.filter((each) => each <= seq).length).toBeGreaterThan(10);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    expect(told.err).toBe(`Go on where this ended: codex-builder watch --after ${seqs.at(-1)} --state ${live.daemon.state}\n`);
  }, 30_000);
});

test('what is no fact is told too: it carries the number of the fact before it', async () => {
  const { seq } = await live.json<{ seq: number }>(['status']);
  const connection = connect({ state: live.daemon.state }, {});
  if (!connection.ok) throw new Error(connection.message);
  const told: string[] = [];
  for await (const { notice } of notices(connection, seq, new AbortController().signal, () => {})) {
    if (notice === undefined) await live.run(['flags', 'safe-mode', 'on']);
    else told.push(`${notice.type} ${notice.seq}`);
    // One of each kind comes with the connection, and one more by what was switched.
    if (told.filter((each) => each === `status ${seq}`).length === 2) break;
  }
  expect(new Set(told)).toEqual(new Set([`slots ${seq}`, `releases ${seq}`, `status ${seq}`, `reads ${seq}`]));
  await live.run(['flags', 'safe-mode', 'off']);
});

test('a daemon that is killed and started again is waited for', async () => {
  const { app, model, daemon } = live;
  model.teach('away', changeWords(app, app.words, 'away', 'away'));
  const waiting = live.run(['cycle', 'SCENARIO=away']);
  await model.reached('away');
  await daemon.kill();
  await live.startAgain();
  model.release('away');
  const said = await waiting;
  expect(said).toMatchObject({ code: 0 });
  expect(said.out).toContain('Needs approval');
}, 60_000);

describe('Ctrl-C', () => {
  test('of a command that waits leaves the run going and says so, with 130', async () => {
    live.model.teach('slow', [{ hold: 'slow' }, answer()]);
    const script = join(import.meta.dirname, '../../scripts/codex-builder');
    const child = spawn(process.execPath, [script, 'request', 'SCENARIO=slow', '--wait', '--state', live.daemon.state], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
    await live.model.reached('slow');
    const [run] = (await runs()) as [Run];
    while (!said.includes('Codex is working')) await new Promise((more) => child.stderr.once('data', more));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said, 'what it prints can be copied: it was called by its path').toMatch(
      new RegExp(`The run goes on without you. Follow it again: \\S*scripts/codex-builder watch ${run.id} --state `),
    );
    expect(said).toContain(`codex-builder cancel ${run.id}`);
    expect((await runs())[0]).toMatchObject({ id: run.id, state: 'editing' });

    expect((await live.run(['send', 'last', 'Say', 'it', 'short'])).out).toContain('was told');
    expect((await live.run(['send', 'last', 'late', '--attempt', '7'])).err).toContain('The agent is at attempt 1 by now.');
    live.model.release('slow');
  }, 30_000);
});

describe('refusals', () => {
  test('a full queue is told with what to do, and 75', async () => {
    live.model.teach('busy', [{ hold: 'busy' }, answer()]);
    for (let count = 0; count < 2; count += 1) await live.run(['request', 'SCENARIO=busy']);
    await live.model.reached('busy');
    let full = await live.run(['request', 'SCENARIO=busy']);
    for (let count = 0; full.code === 0 && count < 4; count += 1) full = await live.run(['request', 'SCENARIO=busy']);
    expect(full).toMatchObject({ code: 75, out: '' });
    expect(full.err).toContain('2 requests are waiting already.');
    expect(full.err).toContain('codex-builder runs --only queued');
    expect((await live.run(['runs', '--only', 'queued'])).out.trim().split('\n')).toHaveLength(2);
    for (const { id } of await runs()) await live.run(['cancel', id]);
    live.model.release('busy');
  }, 30_000);

  test('a head that moves between being shown and being approved: nothing is approved, and what differs is told file by file', async () => {
    const { app, model } = live;
    model.teach('moves', changeWords(app, app.words, 'moved'));
    expect((await live.run(['cycle', 'SCENARIO=moves'])).code).toBe(0);
    const [{ id, headCommit, baseCommit }] = (await runs()) as [Run];
    const shown = await live.json<Diff>(['diff', id]);
    // What the command is shown first is the run as it stood a moment ago; everything else is the daemon's own answer.
    const troubles: Troubles = {
      wasBefore(call, count, body) {
        if (count > 1) return undefined;
        if (call === `GET /api/runs/${id}`) return { ...body, run: { ...(body['run'] as Run), headCommit: baseCommit } };
        if (call !== `GET /api/runs/${id}/diff`) return undefined;
        const [file] = shown.files;
        return {
          ...shown,
          head: baseCommit,
          files: [
            { ...file, additions: 9, patch: '@@ -1 +1 @@\n-a\n+b\n' },
            { ...file, path: 'dropped.txt' },
          ],
        };
      },
    };
    const refused = await through(troubles, ({ state }) => runCli(['approve', id, '--yes', '--state', state]));
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(
      `The change has moved on since ${baseCommit!.slice(0, 10)}; nothing was approved. It is at ${headCommit!.slice(0, 10)} now:\n` +
        `  other than it was: ${app.file}\n  no longer in it: dropped.txt\nSince then:\n`,
    );
    expect(refused.err).toContain(`approve ${id} --head ${headCommit!.slice(0, 10)}`);
    const inJson = await through(troubles, ({ state }) => runCli(['approve', id, '--yes', '--json', '--state', state]));
    expect(inJson).toMatchObject({ code: 1, out: '' });
    expect(JSON.parse(inJson.err)).toMatchObject({ error: { code: 'stale', details: { headCommit } } });
    expect((await live.json<{ run: Run }>(['show', id])).run.state).toBe('needs_approval');
  }, 30_000);

  test('a wrong token', async () => {
    await through({ headers: { authorization: `Bearer ${'0'.repeat(64)}` } }, async ({ state }) => {
      const said = await runCli(['runs', '--state', state]);
      expect(said).toMatchObject({ code: 77, out: '' });
      expect(said.err).toContain(`The token in ${state} is not that of the daemon`);
    });
  });

  test('another version', async () => {
    await through({ headers: { 'x-codex-builder-protocol': '2' } }, async ({ state }) => {
      for (const argv of [['runs'], ['watch', '--after', '0'], ['request', 'x']]) {
        const said = await runCli([...argv, '--state', state]);
        expect(said, argv.join(' ')).toMatchObject({ code: 76, out: '' });
        expect(said.err).toContain('Update the older one');
      }
    });
  });

  test('a run that is not there, with the one that was meant', async () => {
    live.model.teach('near', [answer()]);
    await live.run(['cycle', 'SCENARIO=near']);
    const { id } = (await runs())[0]!;
    const wrong = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
    const said = await live.run(['show', wrong]);
    expect(said).toMatchObject({ code: 1, out: '' });
    expect(said.err).toContain(`There is no such run.\nDid you mean ${id}`);
    expect((await live.run(['diff', 'abcd1234'])).code).toBe(64);
    expect((await live.run(['show', wrong, '--json'])).err).toContain('"code":"not_found"');
    expect(await live.run(['logs', id, 'agnt'])).toMatchObject({ code: 64 });
    expect((await live.run(['logs', id, 'agnt'])).err).toContain('Did you mean agent?');
    expect((await live.run(['diff', id])).err).toContain('there is no diff');
  });

  test('a frozen main, with how to lift it', async () => {
    expect((await live.run(['flags', 'freeze', 'on'])).out).toContain('freeze     on');
    const said = await live.run(['release']);
    expect(said).toMatchObject({ code: 1, out: '' });
    expect(said.err).toContain('codex-builder flags freeze off');
    expect((await live.run(['flags', 'freeze', 'off'])).out).toContain('freeze     off');
    expect((await live.run(['release'])).err).toContain('main is live already');
    expect((await live.run(['rollback', 'last-healthy'])).err).toContain('There is no earlier healthy release.');
    expect((await live.run(['take-over', 'main'])).err).toContain('was not rewritten');
  });
});

describe('who may use it', () => {
  test('a code for somebody, and a device that is revoked', async () => {
    const said = await live.run(['pair', '--user', 'kim', '--role', 'viewer']);
    expect(said.out).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}\n/);
    expect((await live.run(['open'])).out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/codex#code=/);
    const { devices } = await live.json<{ devices: { id: string; kind: string }[] }>(['devices']);
    const own = devices.find(({ kind }) => kind === 'cli')!;
    expect((await live.run(['devices', 'revoke', own.id.replace(/.$/, (last) => (last === '0' ? '1' : '0'))])).code).toBe(1);
    expect((await live.run(['devices', 'revoke', 'kim'])).code).toBe(64);
  });
});

describe('called wrongly', () => {
  test.each([
    [['request'], 'Say what should change'],
    [['request', 'x', '--priority', 'soon'], '--priority is one of low, normal, high'],
    [['request', 'x', '--page', 'about'], '--page is an address'],
    [['request', 'x', '--key', 'short'], '--key is 8 to 200'],
    [['request', 'x', '--file', 'nothing-*'], 'is no file in'],
    [['runs', '--limit', '0'], '--limit is a whole number from 1 on'],
    [['runs', '--limit', '201'], 'at most 200'],
    [['runs', '--only', 'queud'], 'Did you mean queued?'],
    [['show', 'ab'], '"ab" is no run.'],
    [['reject', 'last'], 'Say why'],
    [['revise', 'last', '--comment', 'a.txt'], 'FILE:LINE:TEXT'],
    [['revise', 'last', '--comment', 'a.txt:0:x'], 'lines count from 1'],
    [['approve', 'last', '--head', 'xyz'], '--head is a commit'],
    [['rollback', 'yesterday'], '"yesterday" is no release.'],
    [['watch', '--after', '-1'], '--after'],
    [['drafts', 'sned', 'last', '1'], 'Did you mean send?'],
    [['flags', 'freeze'], 'on or off'],
    [['slots', 'replace', 'one'], 'Which slot?'],
    [['take-over', 'branch'], 'none of main'],
  ])('%j', async (argv, words) => {
    const said = await live.run(argv);
    expect(said).toMatchObject({ code: 64, out: '' });
    expect(said.err).toContain(words);
  });
});

test('a folder of files that cannot all be sent', async () => {
  mkdirSync(join(folder, 'many'));
  for (let count = 0; count < 201; count += 1) writeFileSync(join(folder, 'many', `${count}.txt`), 'x');
  const said = await live.run(['request', 'x', '--dir', folder, '-f', 'many']);
  expect(said).toMatchObject({ code: 64, out: '' });
  expect(said.err).toContain('That is more than 200 files or 2 MB.');
});
