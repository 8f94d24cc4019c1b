import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API, type Door, type DoorReply } from '#shared/api.ts';
import { ROLES, type Role } from '#shared/audit.ts';
import type { Run } from '#shared/run.ts';
import type { Answer } from '../http/support/raw-http.ts';
import { type Call, type Contract, type Operation, readContract } from '../support/contract.ts';
import {
  type DaemonProcess,
  endEverything,
  freePort,
  startDaemon,
  stateFolder,
  untilReleases,
  untilState,
} from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';
import { answer, type ScriptedModel, run as shell, startScriptedModel } from '../support/scripted-model.ts';

/** Operations beside the contract table: bytes, stream, metrics, two probes and the document. */
const BESIDE = ['getArtifact', 'events', 'metrics', 'healthz', 'readyz', 'openApi'];

let app: GeneratedApp;
let model: ScriptedModel;
let daemon: DaemonProcess;
let contract: Contract;
let port: number;
const tokens = {} as Record<Role, string>;
/** Operations that answered with their own success, as described. */
const answered = new Set<string>();

beforeAll(async () => {
  app = generateApp();
  model = await startScriptedModel({ default: [answer({ summary: 'Nothing.' })] });
  port = await freePort();
  daemon = await startDaemon({
    repo: app.repo,
    state: stateFolder(),
    ports: { control: port, gateway: await freePort() },
    env: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl, CODEX_BUILDER_UPSTREAM_LOOK_MS: '200' },
  });
  await untilReleases(daemon, (releases) => releases[0]?.state === 'live');
  tokens.admin = readFileSync(join(daemon.state, 'cli-token'), 'utf8').trim();
  contract = await readContract(port, tokens.admin);
}, 60_000);

afterAll(async () => {
  await endEverything(daemon.state, app.repo);
  await model.close();
});

/** Calls an operation and holds its reply to the document. */
async function call(id: string | Operation, given: Call = {}): Promise<Answer> {
  const operation = typeof id === 'string' ? contract.operation(id) : id;
  const reply = await contract.call(operation, given);
  expect([operation.operationId, reply.status, contract.breaches(operation, reply)]).toEqual([operation.operationId, reply.status, []]);
  return reply;
}

/** Calls an operation that does what it is for; a keyed one is sent once more and has to answer the same. */
async function done<T>(id: string, given: Call = {}): Promise<T> {
  const operation = contract.operation(id);
  const key = operation.keyed ? { 'idempotency-key': `key-of-${id}-${answered.size}-${Math.random()}` } : {};
  const request = { ...given, headers: { ...key, ...given.headers } };
  const reply = await call(operation, request);
  expect([id, reply.status, reply.status < 300 || reply.body]).toEqual([id, reply.status, true]);
  if (operation.keyed) {
    const again = await call(operation, request);
    expect([id, again.status, again.body, again.headers['location']]).toEqual([id, reply.status, reply.body, reply.headers['location']]);
    if (operation.path.includes('{id}')) {
      const other = await call(operation, { ...request, params: {} });
      expect([id, other.status, codeOf(other)]).toEqual([id, 409, 'idempotency_conflict']);
    }
  }
  answered.add(id);
  return (reply.headers['content-type'] === 'application/json' ? reply.json() : reply.body) as T;
}

const codeOf = (reply: Answer) => (reply.json() as { error: { code: string } }).error.code;
const issuesOf = (reply: Answer) =>
  ((reply.json() as { error: { details?: { issues?: { path: string; message: string }[] } } }).error.details?.issues ?? []).map(
    ({ path, message }) => `${path}: ${message}`,
  );
const by = (run: Pick<Run, 'id'>) => ({ params: { id: run.id } });
const ask = async (scenario: string, more: object = {}) =>
  (await done<{ run: Run }>('createRun', { body: { prompt: `SCENARIO=${scenario}`, ...more } })).run;

/** What the daemon's main has; the person's own follows a moment later. */
const onMain = () => app.git('-C', join(daemon.state, 'control.git'), 'show', `main:${app.file}`);

test('the document has every door of the table, and nothing that is not named here', () => {
  const named = contract.operations.map(({ operationId }) => operationId);
  expect(named.toSorted()).toEqual([...Object.keys(API), ...BESIDE].toSorted());
  expect(new Set(named).size).toBe(Object.keys(API).length + BESIDE.length);
});

test('each role is paired with a code, once', async () => {
  for (const role of ROLES.filter((name) => name !== 'admin')) {
    const { code } = await done<DoorReply<'createPairCode'>>('createPairCode', { body: { user: `a-${role}`, role } });
    for (const file of ['ledger.db', 'ledger.db-wal']) expect(readFileSync(join(daemon.state, file)).includes(code), file).toBe(false);
    const redeem = { token: '', body: { code, name: role, kind: 'page' } };
    const { secret, device } = await done<DoorReply<'pair'>>('pair', redeem);
    expect(device).toMatchObject({ user: `a-${role}`, role });
    tokens[role] = secret;
    expect(codeOf(await call('pair', redeem))).toBe('unauthorized');
  }
});

describe('what every operation refuses', () => {
  /** The operations of a kind; how many there are comes from the contract table, so that none is left out. */
  const each = (which: (operation: Operation) => boolean, count: number) => {
    const chosen = contract.operations.filter(which);
    expect(chosen).toHaveLength(count);
    return chosen;
  };
  const doors: readonly Door[] = Object.values(API);
  const some = (which: (door: Door) => boolean) => doors.filter(which).length;

  test('no token, or one that nobody has', async () => {
    for (const operation of each(({ role }) => role !== 'none', some(({ role }) => role !== 'none') + 3)) {
      for (const token of ['', 'f'.repeat(64)]) {
        const reply = await call(operation, { token });
        expect([operation.operationId, reply.status, codeOf(reply)]).toEqual([operation.operationId, 401, 'unauthorized']);
      }
    }
  });

  test('a role below its own', async () => {
    for (const operation of each(
      ({ role }) => role !== 'none' && role !== 'viewer',
      some(({ role }) => role !== 'none' && role !== 'viewer'),
    )) {
      const below = ROLES[ROLES.indexOf(operation.role as Role) - 1]!;
      const reply = await call(operation, { token: tokens[below] });
      expect([operation.operationId, below, reply.status, codeOf(reply)]).toEqual([operation.operationId, below, 403, 'forbidden']);
    }
  });

  test('another origin', async () => {
    for (const operation of each(() => true, doors.length + BESIDE.length)) {
      const reply = await call(operation, { headers: { origin: 'http://elsewhere.example' } });
      expect([operation.operationId, reply.status, codeOf(reply)]).toEqual([operation.operationId, 403, 'forbidden']);
    }
  });

  test('another version of the protocol, with both named', async () => {
    for (const operation of each(({ path }) => path.startsWith('/api/'), doors.length + 2)) {
      const reply = await call(operation, { headers: { 'x-codex-builder-protocol': '2' } });
      expect([operation.operationId, reply.status, reply.json()]).toMatchObject([
        operation.operationId,
        426,
        { error: { code: 'version_mismatch', details: { daemon: 1, client: '2' } } },
      ]);
    }
  });

  test('a method that its path does not have, with those it has', async () => {
    const paths = groupByPath();
    for (const [path, operations] of paths) {
      const own = operations.map(({ method }) => method);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((name) => !own.includes(name))) {
        const reply = await contract.call(operations[0]!, { method, body: '{}', headers: { 'content-type': 'application/json' } });
        expect([path, method, reply.status, codeOf(reply)]).toEqual([path, method, 405, 'method_not_allowed']);
        const allow = reply.headers['allow']!.split(', ').filter((name) => name !== 'HEAD');
        expect([path, allow.toSorted()]).toEqual([path, own.toSorted()]);
      }
    }
  });

  const groupByPath = () => {
    const paths = new Map<string, Operation[]>();
    for (const operation of contract.operations) paths.set(operation.path, [...(paths.get(operation.path) ?? []), operation]);
    return paths;
  };

  test('a change without its key, or with one that is none', async () => {
    for (const operation of each(
      ({ keyed }) => keyed,
      some(({ method, key }) => method !== 'GET' && key !== false),
    )) {
      const without = await call(operation, { headers: { 'idempotency-key': undefined } });
      expect([operation.operationId, without.status, codeOf(without)]).toEqual([operation.operationId, 400, 'idempotency_key_required']);
      const short = await call(operation, { headers: { 'idempotency-key': 'short' } });
      expect([operation.operationId, short.status, codeOf(short)]).toEqual([operation.operationId, 400, 'bad_request']);
    }
    // A mark is its own key: (user, run).
    const unkeyed = ['createArtifact POST', 'findSources POST', 'markRun PUT', 'pair POST', 'previewBrief POST'];
    const found = each(({ method, keyed }) => method !== 'GET' && !keyed, unkeyed.length);
    expect(found.map(({ operationId, method }) => `${operationId} ${method}`).toSorted()).toEqual(unkeyed);
  });

  test('a body that is not its own, and the reply names the field', async () => {
    for (const operation of each(
      ({ body }) => body !== undefined,
      some(({ body }) => body !== undefined),
    )) {
      const { properties, required, example } = operation.body!;
      const name = operation.operationId;
      const refuse = async (body: unknown) => {
        const reply = await call(operation, { body });
        expect([name, reply.status, codeOf(reply)]).toEqual([name, 400, 'bad_request']);
        return issuesOf(reply);
      };
      expect([name, await refuse({ ...example, nonsense: 1 })]).toEqual([name, [expect.stringContaining('"nonsense"')]]);
      for (const field of Object.keys(properties)) {
        expect([name, await refuse({ ...example, [field]: [[]] })]).toEqual([
          name,
          expect.arrayContaining([expect.stringContaining(`body.${field}`)]),
        ]);
      }
      for (const field of required) {
        const { [field]: _left, ...rest } = example;
        expect([name, await refuse(rest)]).toEqual([name, [expect.stringContaining(`body.${field}`)]]);
      }
      expect([name, await refuse('{"half')]).toEqual([name, []]);
      expect([name, await refuse('[]')]).toEqual([name, [expect.stringContaining('body')]]);
    }
  });

  test('a body of another type, or too large', async () => {
    for (const operation of each(
      ({ method }) => method !== 'GET',
      some(({ method }) => method !== 'GET'),
    )) {
      const other = await call(operation, { headers: { 'content-type': 'text/plain' } });
      expect([operation.operationId, other.status, codeOf(other)]).toEqual([operation.operationId, 415, 'unsupported_media_type']);
      const large = operation.operationId === 'createArtifact' ? 33 * 1024 * 1024 : 1024 * 1024 + 1;
      const announced = await call(operation, { headers: { 'content-length': String(large), expect: '100-continue' }, body: ' ' });
      expect([operation.operationId, announced.status, codeOf(announced)]).toEqual([operation.operationId, 413, 'too_large']);
    }
  });

  test('a query it does not take; the bytes of an artifact have none', async () => {
    for (const operation of each(({ path }) => path.startsWith('/api/') && !path.startsWith('/api/artifacts'), doors.length)) {
      const reply = await call(operation, { query: '?nonsense=1' });
      expect([operation.operationId, reply.status, reply.body]).toEqual([
        operation.operationId,
        400,
        expect.stringContaining('bad_request'),
      ]);
      for (const { name, schema } of (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')) {
        if (schema['type'] === 'string' && schema['pattern'] === undefined && schema['enum'] === undefined) continue;
        const wrong = await call(operation, { query: `?${name}=-x` });
        expect([operation.operationId, name, wrong.status]).toEqual([operation.operationId, name, 400]);
      }
    }
  });

  test('a name that nothing has', async () => {
    for (const operation of each(({ path }) => path.includes('{'), some(({ path }) => path.includes('{')) + 1)) {
      const reply = await call(operation);
      const wanted = operation.operationId === 'replaceSlot' ? [409, 'wrong_state'] : [404, 'not_found'];
      expect([operation.operationId, reply.status, codeOf(reply)]).toEqual([operation.operationId, ...wanted]);
      const malformed = await call(operation, { params: { id: 'x', hash: 'x', position: '0', name: '.x' } });
      expect([operation.operationId, malformed.status, codeOf(malformed)]).toEqual([operation.operationId, 404, 'not_found']);
    }
  });
});

/** Two people and one run: each has read what they have read, twice is once, and nothing else of the run changes. */
async function reads(run: Run): Promise<void> {
  const listed = async (token: string) =>
    (await done<{ runs: Run[] }>('listRuns', { token, query: '?unread=true' })).runs.map(({ id }) => id);
  const audit = async () => (await done<DoorReply<'listAudit'>>('listAudit', { query: '?limit=200' })).entries.map(({ seq }) => seq);
  const mark = (token: string, seen: number | null) => done<{ run: Run }>('markRun', { ...by(run), token, body: { seen } });
  const before = await audit();
  expect([await listed(tokens.viewer), await listed(tokens.approver)]).toEqual([[run.id], [run.id]]);
  for (let time = 0; time < 2; time++) {
    const { run: marked } = await mark(tokens.viewer, run.version);
    expect([marked.unread, marked.version]).toEqual([undefined, run.version]);
    expect([await listed(tokens.viewer), await listed(tokens.approver)]).toEqual([[], [run.id]]);
  }
  expect((await mark(tokens.approver, run.version - 1)).run.unread).toBe(true);
  expect((await mark(tokens.viewer, null)).run.unread).toBe(true);
  expect(await listed(tokens.viewer)).toEqual([run.id]);
  expect(await audit()).toEqual(before);
}

describe('what every operation answers when it does what it is for', () => {
  test('whoever asks', async () => {
    for (const id of ['healthz', 'readyz', 'openApi']) await done(id, { token: '' });
    for (const id of ['status', 'listRuns', 'listSlots', 'listReleases', 'getFlags', 'listDrafts', 'metrics']) {
      await done(id, { token: tokens.viewer });
    }
    await done('putFlags', { body: { freeze: true } });
    expect(await done('putFlags', { body: { freeze: false } })).toEqual({ freeze: false, safeMode: false });
    await done('listAudit');
  });

  test('what the agent would be told, without asking for anything', async () => {
    const before = await done<{ runs: Run[] }>('listRuns');
    const { brief } = await done<DoorReply<'previewBrief'>>('previewBrief', { token: tokens.requester, body: { prompt: 'Only looking.' } });
    expect(brief).toContain('# Task\nOnly looking.');
    expect((await done<{ runs: Run[] }>('listRuns')).runs.length).toBe(before.runs.length);
  });

  test('where an element is in the code', async () => {
    const elements = [{ selector: 'main', text: 'nothing of this is anywhere' }];
    const { elements: found } = await done<DoorReply<'findSources'>>('findSources', { token: tokens.requester, body: { elements } });
    expect(found).toHaveLength(1);
  });

  test('bytes go in and come out as a download', async () => {
    const { hash } = await done<DoorReply<'createArtifact'>>('createArtifact', { token: tokens.requester, body: '<script>1</script>' });
    expect(await done('getArtifact', { params: { hash }, token: tokens.viewer })).toBe('<script>1</script>');
  });

  test('a stream', async () => {
    const operation = contract.operation('events');
    const headers = { authorization: `Bearer ${tokens.viewer}`, 'x-codex-builder-protocol': '1' };
    const reply = await new Promise<Answer>((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port, path: operation.path, headers }, (response) => {
        resolve({ status: response.statusCode!, headers: response.headers, body: '', json: () => undefined });
        response.destroy();
      });
      request.on('error', reject);
    });
    expect([reply.status, contract.breaches(operation, reply)]).toEqual([200, []]);
    answered.add('events');
  });

  test('a run through revision, approval and revert', async () => {
    model.teach('first', [
      ...changeWords(app, app.words, 'first-words').slice(0, 2),
      answer({ summary: 'Changed.', files: [app.file], followUps: ['The footer too', 'And the header'] }),
    ]);
    const first = await untilState(
      daemon,
      (await ask('first', { context: { url: `http://app.localhost${app.route}` } })).id,
      'needs_approval',
    );
    const detail = await done<DoorReply<'getRun'>>('getRun', by(first));
    for (const id of ['getDiff', 'getChecks', 'getCommands', 'getPreview', 'getRunEvents']) await done(id, by(first));
    await reads(first);
    await done('getLog', { params: { id: first.id, name: detail.logs[0]!.name } });

    const draft = (position: string) => ({ params: { id: first.id, position } });
    const sent = await done<{ run: Run }>('sendDraft', { ...draft('1'), body: {} });
    await done('cancelRun', by(sent.run));
    await done('dismissDraft', draft('2'));
    expect(codeOf(await call('sendDraft', { ...draft('2'), body: {} }))).toBe('wrong_state');

    model.teach('second', changeWords(app, 'first-words', 'second-words'));
    const revised = await done<{ run: Run }>('reviseRun', { ...by(first), body: { comments: [], text: 'SCENARIO=second' } });
    expect(codeOf(await call('reviseRun', { ...by(first), body: { comments: [], text: 'SCENARIO=second' } }))).toBe('thread_busy');
    const second = await untilState(daemon, revised.run.id, 'needs_approval');
    expect(codeOf(await call('approveRun', by(second)))).toBe('stale');
    await done('putFlags', { body: { freeze: true } });
    const approve = { ...by(second), body: { headCommit: second.headCommit! } };
    expect(codeOf(await call('approveRun', approve))).toBe('frozen');
    await done('putFlags', { body: { freeze: false } });
    await done('approveRun', approve);
    expect(codeOf(await call('approveRun', approve))).toBe('wrong_state');
    await untilState(daemon, second.id, 'merged');
    expect(codeOf(await call('cancelRun', by(second)))).toBe('wrong_state');

    const { run: revert } = await done<{ run: Run }>('revertRun', by(second));
    await done('cancelRun', by(revert));
    const { run: retried } = await done<{ run: Run }>('retryRun', by(revert));
    await done('cancelRun', by(retried));
    await done('archiveRun', { ...by(retried), body: { archived: true } });

    await done('rollback', { params: { id: 'last-healthy' }, token: tokens.approver });
    await untilReleases(daemon, ([newest]) => newest?.kind === 'rollback' && newest.state === 'live');
    expect(codeOf(await call('rollback', { params: { id: 'last-healthy' } }))).toMatch(/^(not_found|wrong_state|rollback_impossible)$/);
  }, 120_000);

  test('a run that is spoken to, gives its slot away, is restored and rejected', async () => {
    model.teach('held', [[{ hold: 'gate' }, answer()]]);
    model.teach('heard', [shell(`echo held-words > ${app.file}`), answer({ files: [app.file] })]);
    const asked = await ask('held');
    await model.reached('gate');
    await done('sendMessage', { ...by(asked), body: { text: 'Do it now. SCENARIO=heard' } });
    model.release('gate');
    const kept = await untilState(daemon, asked.id, 'needs_approval');
    await done('replaceSlot', { params: { id: kept.slot! }, body: { runId: kept.id }, token: tokens.approver });
    const { run } = await done<{ run: Run }>('restoreRun', { ...by(kept), token: tokens.requester });
    const restored = await untilState(daemon, run.id, 'needs_approval');
    await done('rejectRun', { ...by(restored), token: tokens.approver });
  }, 90_000);

  test('a patch that is proposed and applied', async () => {
    const words = onMain();
    const patch = `--- a/${app.file}\n+++ b/${app.file}\n@@ -1 +1 @@\n-${words}\n+safe-words\n`;
    const proposal = { summary: 'Safe.', files: [app.file], risks: [], howToVerify: [], followUps: [], patch };
    model.teach('safe', [{ message: JSON.stringify(proposal) }]);
    const run = await ask('safe', { safeMode: true });
    const reason = async () => (await done<DoorReply<'getRun'>>('getRun', by(run))).run.reason?.code;
    await expect.poll(reason, { timeout: 30_000 }).toBe('PATCH_PROPOSED');
    await done('applyRun', { ...by(run), token: tokens.approver });
    await done('cancelRun', by(run));
  }, 60_000);

  test('what came from the person’s repository is released by hand, and taken over when it was rewritten', async () => {
    const upstream = async () => (await done<DoorReply<'status'>>('status')).upstream;
    await expect.poll(async () => (await upstream()).state, { timeout: 30_000 }).toBe('in_step');
    app.commit(app.file, 'broken\n');
    await expect.poll(async () => (await upstream()).notLive?.why, { timeout: 30_000 }).toBe('failed');
    // The release that failed may still be winding up.
    const release = async () => (await call('createRelease', { token: tokens.approver })).status;
    await expect.poll(release, { timeout: 30_000 }).toBe(202);
    answered.add('createRelease');
    const { releases } = await done<DoorReply<'listReleases'>>('listReleases');
    const { id, logs } = releases.find((release) => release.kind === 'upstream' && (release.logs ?? []).length > 0)!;
    await done('getReleaseLog', { params: { id, name: logs![0]! } });
    await untilReleases(daemon, (all) => all[0]!.kind === 'upstream' && all[0]!.state === 'failed');

    app.git('reset', '-q', '--hard', 'main~2'); // also what was live
    app.commit('notes.txt', 'instead of it\n');
    await expect.poll(async () => (await upstream()).rewritten?.commit, { timeout: 30_000 }).toBe(app.git('rev-parse', 'main'));
    expect(codeOf(await call('takeOverMain'))).toBe('stale');
    const body = { commit: app.git('rev-parse', 'main') };
    const takeOver = async () => {
      const reply = await call('takeOverMain', { body });
      return reply.status === 202 ? reply.json() : codeOf(reply);
    };
    await expect.poll(takeOver, { timeout: 30_000 }).toEqual(body);
    answered.add('takeOverMain');
  }, 90_000);

  test('devices, and one that is revoked is nobody from then on', async () => {
    const { devices } = await done<DoorReply<'listDevices'>>('listDevices');
    const viewer = devices.find(({ role }) => role === 'viewer')!;
    await done('revokeDevice', { params: { id: viewer.id } });
    expect((await call('status', { token: tokens.viewer })).status).toBe(401);
  });
});

test('every operation has answered', () => {
  expect(contract.operations.map(({ operationId }) => operationId).filter((id) => !answered.has(id))).toEqual([]);
});
