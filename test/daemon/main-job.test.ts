import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AppDaemon, startAppDaemon } from '../support/app-daemon.ts';
import {
  approve,
  endEverything,
  freePort,
  gatewayOf,
  must,
  processesOf,
  request,
  startDaemon,
  stateFolder,
  untilReleases,
  untilState,
} from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { generateApp } from '../support/generated-app.ts';
import { get, probeProduction } from '../support/production-probe.ts';
import { hashFolder } from '../support/repository.ts';
import { answer, run as shell } from '../support/scripted-model.ts';

const CANARY = 'canary-3c0f8a6e';
const OF_PRODUCTION = 'canary-91d77b02';

let live: AppDaemon;
let { app, model, daemon, state, ports, env } = {} as AppDaemon;

beforeAll(async () => {
  live = await startAppDaemon({
    env: { CODEX_BUILDER_UPSTREAM_LOOK_MS: '500', PLANTED: CANARY },
    prepare: (folder) => {
      mkdirSync(join(folder, 'production'), { mode: 0o700 });
      writeFileSync(join(folder, 'production', 'env'), `SHOP_KEY=${OF_PRODUCTION}\n`, { mode: 0o600 });
    },
  });
  ({ app, model, daemon, state, ports, env } = live);
}, 60_000);

afterAll(() => live.end());

const production = async (path = app.route) => (await get(ports.gateway, 'app.localhost', path)).text;
const preview = async (slot: string, path = app.route) => (await get(ports.gateway, `${slot.replace('-', '')}.localhost`, path)).text;

describe('the main job', () => {
  test('APR-04 a request goes to a preview, by approval to production, and back; production never fails and its rows stay', async () => {
    const probe = probeProduction(ports.gateway, app.route);
    await get(ports.gateway, 'app.localhost', '/rows', 'a row of production');
    const [first] = (await must(daemon.client.call('listReleases', {}))).releases;
    model.teach('main-job', changeWords(app, app.words, 'second-words'));
    const asked = await request(
      daemon,
      'Change the words. SCENARIO=main-job',
      `http://app.localhost:${ports.gateway}${app.route}?token=abc`,
    );
    expect(asked.route).toBe(`${app.route}?token=***`);
    const kept = await must(daemon.client.call('getRun', { params: { id: asked.id } }));
    expect(kept.context?.url).toBe(`http://app.localhost:${ports.gateway}${app.route}?token=***`);
    const ready = await untilState(daemon, asked.id, 'needs_approval');

    expect(await preview(ready.slot!)).toContain('second-words');
    expect(await production()).toContain(app.words);
    expect(await preview(ready.slot!, '/rows')).toContain('seeded');
    expect(await preview(ready.slot!, '/rows')).not.toContain('a row of production');
    const { files } = await must(daemon.client.call('getDiff', { params: { id: asked.id } }));
    expect(files).toMatchObject([{ path: app.file, additions: 1, deletions: 1 }]);
    const { commands } = await must(daemon.client.call('getCommands', { params: { id: asked.id } }));
    expect(commands.map(({ command, exitCode }) => [command, exitCode])).toContainEqual([`cat ${app.file}`, 0]);

    // What becomes of the worktree afterwards is not what was shown, and is not merged.
    writeFileSync(join(state, 'slots', ready.slot!, 'app', app.file), 'edited after it was shown\n');
    await must(approve(daemon, ready));
    const merged = await untilState(daemon, asked.id, 'merged');
    expect(await production()).toContain('second-words');
    expect(app.git('rev-parse', 'main^2')).toBe(ready.headCommit);
    expect(app.git('rev-parse', 'main')).toBe(merged.mergeCommit);
    const events = (await must(daemon.client.call('getRunEvents', { params: { id: asked.id } }))).events;
    const candidate = events.find(({ type }) => type === 'candidate.built')!.payload;
    expect(app.git('rev-parse', 'main^{tree}')).toBe(candidate['tree']);
    expect(app.git('log', '-1', '--format=%(trailers:key=Approved-by,valueonly)', 'main').trim()).toBe('owner');
    await get(ports.gateway, 'app.localhost', '/rows', 'a second row');

    await must(daemon.client.call('rollback', { params: { id: first!.id }, body: {} }));
    await untilReleases(daemon, ([newest]) => newest?.kind === 'rollback' && newest.state === 'live');
    expect(await production()).toContain(app.words);
    expect(await production('/rows')).toMatch(/a row of production\na second row/);
    await probe.stop();
    expect(probe.failures).toEqual([]);
    expect(probe.releases).toEqual([first!.commit, merged.mergeCommit, first!.commit]);
    expect(probe.count()).toBeGreaterThan(50);
    expect(processesOf(asked.id)).toEqual([]);
    await expect.poll(() => app.git('show', `main:${app.file}`), { timeout: 10_000 }).toBe(app.words);
  }, 90_000);

  test('a rejected run leaves main as it was, and a moved head is a 409', async () => {
    const before = app.git('rev-parse', 'main');
    model.teach('reject', changeWords(app, app.words, 'rejected-words'));
    const ready = await untilState(daemon, (await request(daemon, 'SCENARIO=reject')).id, 'needs_approval');
    const stale = await daemon.client.call('approveRun', { params: { id: ready.id }, body: { headCommit: before } });
    expect(stale).toMatchObject({ ok: false, status: 409, code: 'stale', details: { headCommit: ready.headCommit } });
    const key = 'the-same-key-twice';
    const twice = [1, 2].map(() => daemon.client.call('approveRun', { params: { id: ready.id }, body: { headCommit: before }, key }));
    const [once, again] = await Promise.all(twice);
    expect(again).toEqual(once);
    await must(daemon.client.call('rejectRun', { params: { id: ready.id }, body: { reason: 'not what I meant' } }));
    const ended = await untilState(daemon, ready.id, 'canceled');
    expect(ended.reason).toMatchObject({ code: 'REJECTED', message: 'not what I meant' });
    expect(app.git('rev-parse', 'main')).toBe(before);
    expect(await daemon.client.call('approveRun', { params: { id: ready.id }, body: { headCommit: ready.headCommit! } })).toMatchObject({
      status: 409,
      code: 'wrong_state',
    });
  }, 60_000);

  test('a failed required check stops the run, with its log, and frees the slot', async () => {
    model.teach('broken', changeWords(app, app.words, 'broken-words'));
    const ended = await untilState(daemon, (await request(daemon, 'SCENARIO=broken')).id, 'failed');
    expect(ended.reason?.code).toBe('CHECK_FAILED');
    const { checks } = await must(daemon.client.call('getChecks', { params: { id: ended.id } }));
    const unit = checks.find(({ name }) => name === 'unit')!;
    expect(unit).toMatchObject({ status: 'failed', exitCode: 1 });
    expect((await must(daemon.client.call('getLog', { params: { id: ended.id, name: unit.log! } }))).text).toContain(
      'the words are broken',
    );
    const { slots } = await must(daemon.client.call('listSlots', {}));
    expect(slots.every(({ runId }) => runId !== ended.id)).toBe(true);
  }, 60_000);

  test('an agent that changes nothing ends NO_CHANGES, one that answers in another shape AGENT_OUTPUT_INVALID', async () => {
    model.teach('nothing', [answer({ summary: 'There is nothing to do.' })]);
    model.teach('shapeless', [shell('true'), { message: 'I am done!' }]);
    const [nothing, shapeless] = await Promise.all([request(daemon, 'SCENARIO=nothing'), request(daemon, 'SCENARIO=shapeless')]);
    expect((await untilState(daemon, nothing.id, 'failed')).reason?.code).toBe('NO_CHANGES');
    expect((await untilState(daemon, shapeless.id, 'failed')).reason?.code).toBe('AGENT_OUTPUT_INVALID');
  }, 60_000);

  test('the fourth run waits for a slot and then runs; a canceled one leaves no process', async () => {
    for (const name of ['one', 'two', 'three', 'four']) model.teach(name, changeWords(app, app.words, `words-of-${name}`, `gate-${name}`));
    const runs = [];
    for (const name of ['one', 'two', 'three', 'four']) runs.push(await request(daemon, `SCENARIO=${name}`));
    const [one, two, three, four] = runs as [(typeof runs)[0], (typeof runs)[0], (typeof runs)[0], (typeof runs)[0]];
    for (const run of [one, two, three]) await untilState(daemon, run.id, 'editing');
    await expect.poll(async () => (await untilState(daemon, four.id, 'queued')).reason?.code, { timeout: 10_000 }).toBe('WAITING_FOR_SLOT');
    await model.reached('gate-one');
    expect(processesOf(one.id).length).toBeGreaterThan(0);
    await must(daemon.client.call('cancelRun', { params: { id: one.id }, body: {} }));
    await untilState(daemon, four.id, 'planning', 'editing');
    await expect.poll(() => processesOf(one.id), { timeout: 2_000 }).toEqual([]);
    for (const run of [two, three, four]) await must(daemon.client.call('cancelRun', { params: { id: run.id }, body: {} }));
    await Promise.all([two, three, four].map((run) => untilState(daemon, run.id, 'canceled')));
  }, 90_000);

  test('SBX-13 DEP-02 agent, check and preview are apart from the daemon: own mounts, processes, network, a clean environment', async () => {
    const slowCheck = `node -e "setTimeout(() => {}, 1500)"`;
    // A check may reach no more than the agent may: it passes when all of it is refused, production's secrets too.
    const reaching = `for to in 127.0.0.1/${ports.control} 127.0.0.1/${ports.gateway} 1.1.1.1/443; do (exec 3<>/dev/tcp/$to) && exit 1; done
      for file in ${state}/cli-token ${state}/ledger.db ${state}/production/env ${state}/slots; do ls $file && exit 1; done
      touch ${state}/control.git/hooks/x && exit 1; echo x > /app/.git && exit 1; rm /app/.git && exit 1; kill -0 ${daemon.pid} && exit 1
      cat /proc/[0-9]*/environ | grep -a canary && exit 1; exit 0`;
    app.commit(
      'codex-builder.jsonc',
      app
        .git('show', 'main:codex-builder.jsonc')
        .replace(
          '"checks": [',
          `"checks": [{ "name": "slow", "command": ${JSON.stringify(slowCheck)} }, { "name": "reaching", "command": ${JSON.stringify(`bash -c '${reaching}'`)} },`,
        ),
    );
    model.teach('apart', changeWords(app, app.words, 'words-apart', 'gate-apart'));
    const { id } = await request(daemon, 'SCENARIO=apart');
    await model.reached('gate-apart');
    const apart = (pids: readonly { pid: number }[]) => {
      expect(pids.length).toBeGreaterThan(0);
      for (const { pid } of pids) {
        for (const kind of ['mnt', 'pid', 'net'])
          expect(readlinkSync(`/proc/${pid}/ns/${kind}`)).not.toBe(readlinkSync(`/proc/${daemon.pid}/ns/${kind}`));
        expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(CANARY);
      }
    };
    const inside = () => processesOf(id).filter(({ pid }) => isConfined(pid));
    const isConfined = (pid: number) => {
      try {
        // bwrap itself stands with one foot outside; what matters is what runs in it.
        return !readlinkSync(`/proc/${pid}/exe`).endsWith('/bwrap');
      } catch {
        return false;
      }
    };
    // A program on its way in is still outside for a moment.
    await vi.waitFor(() => apart(inside()), { timeout: 2_000 });
    const codex = inside().filter(({ pid }) => /codex-linux-x64.*\/codex$/.test(readlinkSync(`/proc/${pid}/exe`)));
    expect(codex.length).toBeGreaterThan(0);
    model.release('gate-apart');
    await expect.poll(() => inside().some(({ cmdline }) => cmdline.includes('setTimeout')), { timeout: 30_000, interval: 20 }).toBe(true);
    await vi.waitFor(() => apart(inside()), { timeout: 1_000 });
    const ready = await untilState(daemon, id, 'needs_approval');
    apart(inside().filter(({ cmdline }) => cmdline.includes('serve.mjs')));
    await must(daemon.client.call('rejectRun', { params: { id: ready.id }, body: { reason: 'only looking' } }));
    await expect.poll(() => processesOf(id), { timeout: 2_000 }).toEqual([]);
  }, 90_000);

  test('a command the agent runs reaches neither the relay, the daemon, the internet nor another slot', async () => {
    const probes = [
      ['relay', `(exec 3<>/dev/tcp/127.0.0.1/4180) && echo REACHED`],
      ['daemon', `(exec 3<>/dev/tcp/127.0.0.1/${ports.control}) && echo REACHED`],
      ['gateway', `(exec 3<>/dev/tcp/127.0.0.1/${ports.gateway}) && echo REACHED`],
      ['internet', `(exec 3<>/dev/tcp/1.1.1.1/443) && echo REACHED`],
      ['state', `cat ${state}/cli-token && echo REACHED`],
      ['slots', `ls ${state}/slots && echo REACHED`],
      ['git', `touch ${state}/control.git/hooks/x && echo REACHED`],
      ['pointer', `echo x > /app/.git && echo REACHED`],
    ];
    model.teach('probes', [
      ...probes.map(([, command]) => shell(`timeout 3 bash -c '${command}' || echo blocked`)),
      ...changeWords(app, app.words, 'words-probes').slice(1),
    ]);
    const ready = await untilState(daemon, (await request(daemon, 'SCENARIO=probes')).id, 'needs_approval');
    const { commands } = await must(daemon.client.call('getCommands', { params: { id: ready.id } }));
    const outputs = commands.filter(({ command }) => command.includes('timeout 3')).map(({ output }) => output ?? '');
    expect(outputs).toHaveLength(probes.length);
    for (const output of outputs) {
      expect(output).toContain('blocked');
      expect(output).not.toContain('REACHED');
    }
    await must(daemon.client.call('rejectRun', { params: { id: ready.id }, body: { reason: 'only looking' } }));
  }, 60_000);

  test('DEP-03 a release that is never healthy gets no traffic, is taken off main, and the run says so', async () => {
    const main = () => app.git('ls-remote', `${state}/control.git`, 'refs/heads/main').slice(0, 40);
    // What came from the person's repository is released by itself: not in the middle of this.
    await expect.poll(main, { timeout: 20_000 }).toBe(app.git('rev-parse', 'main'));
    await untilReleases(daemon, (releases) => releases[0]?.state === 'live' && releases[0].commit === main());
    const before = await production();
    const probe = probeProduction(ports.gateway, app.route);
    model.teach('sick', changeWords(app, app.words, 'unhealthy-words'));
    const ready = await untilState(daemon, (await request(daemon, 'SCENARIO=sick')).id, 'needs_approval');
    await must(approve(daemon, ready));
    const failed = await untilState(daemon, ready.id, 'failed');
    expect(failed.reason?.code).toBe('DEPLOY_UNHEALTHY');
    await probe.stop();
    expect(probe.failures).toEqual([]);
    expect(probe.releases).toHaveLength(1);
    expect(await production()).toBe(before);
    const tip = main();
    app.git('fetch', '-q', `${state}/control.git`, 'refs/heads/main');
    expect(app.git('show', `FETCH_HEAD:${app.file}`)).toBe(app.words);
    expect(app.git('rev-parse', `${tip}~1^2`)).toBe(ready.headCommit);
  }, 90_000);

  test("a dirty checkout of the person's repository is byte-identical afterwards, and is said to be left", async () => {
    // The undo of the test before may still be on its way to the person's checkout, with git's lock on it.
    const status = () => must(daemon.client.call('status', {}));
    await expect.poll(async () => (await status()).upstream.state, { timeout: 20_000 }).toBe('in_step');
    await expect.poll(async () => app.git('rev-parse', 'main') === (await status()).main, { timeout: 20_000 }).toBe(true);
    // Main moves under the lock, which is given back when the files and the index have moved too.
    await expect.poll(() => existsSync(join(app.repo, '.git', 'index.lock')), { timeout: 20_000 }).toBe(false);
    writeFileSync(join(app.repo, app.file), 'work that is not committed\n');
    writeFileSync(join(app.repo, 'untracked.txt'), 'mine\n');
    app.git('add', 'untracked.txt');
    const before = hashFolder(app.repo);
    model.teach('dirty', changeWords(app, app.words, 'third-words'));
    const ready = await untilState(daemon, (await request(daemon, 'SCENARIO=dirty')).id, 'needs_approval');
    await must(approve(daemon, ready));
    const merged = await untilState(daemon, ready.id, 'merged');
    expect(await production()).toContain('third-words');
    expect(hashFolder(app.repo)).toBe(before);
    const followed = async () =>
      (await must(daemon.client.call('getRunEvents', { params: { id: merged.id } }))).events.find(
        ({ type }) => type === 'upstream.followed',
      );
    await expect.poll(async () => (await followed())?.payload['state'], { timeout: 10_000 }).toBe('left');
    app.git('checkout', '-q', '-f', 'main');
    app.git('clean', '-fdq');
  }, 90_000);

  test('production runs as a user of its own, sees nothing of the state folder, and there are as many preview names as slots', async () => {
    const pid = Number(/pid (\d+)/.exec(await production('/'))![1]);
    const uid = process.getuid?.() === 0 ? 64_063 : process.getuid?.();
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t`, 'm'));
    expect(existsSync(join(state, 'cli-token'))).toBe(true);
    expect(existsSync(`/proc/${pid}/root${state}/cli-token`)).toBe(false);
    const statusOf = async (slot: number) => (await get(ports.gateway, `preview${slot}.localhost`, '/')).status;
    expect(await statusOf(3)).not.toBe(403);
    expect(await statusOf(4)).toBe(403);
  });

  test('SEC-01 after all of it no secret of the daemon or of production was written down or told to a model, and its files are its own', async () => {
    const pid = /pid (\d+)/.exec(await production('/'))![1];
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain(OF_PRODUCTION);
    const found = execFileSync('grep', ['-rlaE', `${CANARY}|${OF_PRODUCTION}`, state], { encoding: 'utf8' });
    expect(found.trim().split('\n')).toEqual([join(state, 'production/env')]);
    expect(model.requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(model.requests)).not.toMatch(new RegExp(`${CANARY}|${OF_PRODUCTION}`));
    const own = ['artifacts', 'backups', 'cli-token', 'daemon.json', 'env', 'gateway', 'ledger.db', 'lock.db', 'logs', 'production/env'];
    const open = execFileSync('find', [...own.map((name) => join(state, name)), '-perm', '/077'], { encoding: 'utf8' });
    expect(open).toBe('');
  });

  test('a gateway that is killed is back within ten seconds, and nobody called the daemon', async () => {
    const release = await production('/');
    process.kill((await gatewayOf(state)).pid, 'SIGKILL');
    const answers = async () => (await production('/').catch(() => '')) === release;
    await expect.poll(answers, { timeout: 5_000, interval: 10 }).toBe(false);
    await expect.poll(answers, { timeout: 10_000 }).toBe(true);
  }, 30_000);

  test('Ctrl-C leaves production up; the next start adopts the very same release process', async () => {
    const pidOf = async () => /pid (\d+)/.exec(await production('/'))![1];
    const before = await pidOf();
    expect(await daemon.interrupt()).toBe(0);
    expect(await pidOf()).toBe(before);
    daemon = await live.again();
    expect(await pidOf()).toBe(before);
    expect((await must(daemon.client.call('listReleases', {}))).releases.filter((release) => release.state === 'live')).toHaveLength(1);
  }, 60_000);

  test('a second daemon on the same state folder is told so and ends with 75', async () => {
    await expect(
      startDaemon({ repo: app.repo, state, ports: { control: await freePort(), gateway: await freePort() }, env }),
    ).rejects.toThrow(/ended with 75/);
  }, 30_000);
});

describe('without sign-in', () => {
  test('a run ends AGENT_SIGNED_OUT with the remedy and takes no slot', async () => {
    const own = generateApp();
    const folder = stateFolder();
    const alone = await startDaemon({ repo: own.repo, state: folder, ports: { control: await freePort(), gateway: await freePort() } });
    try {
      const ended = await untilState(alone, (await request(alone, 'Anything at all')).id, 'failed');
      expect(ended.reason).toMatchObject({ code: 'AGENT_SIGNED_OUT', remedy: expect.stringContaining('CODEX_BUILDER_AGENT_API_KEY') });
      const { events } = await must(alone.client.call('getRunEvents', { params: { id: ended.id } }));
      expect(events.map(({ type }) => type)).toEqual(['run.requested', 'run.failed']);
    } finally {
      await endEverything(folder, own.repo);
    }
  }, 60_000);
});
