import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  isRunning,
  killTagged,
  killUntilNone,
  pidsOfGroup,
  pidsTagged,
  startTimeOf,
  TAG_VARIABLE,
} from '../../daemon/adapters/process-facts.ts';
import { type ProgramRequest, runProgram, spawnProgram, startDetached } from '../../daemon/adapters/spawn.ts';
import { until } from './sandbox-support.ts';

const folder = mkdtempSync('/tmp/spawn-test-');
const tag = `spawn-test-${process.pid}`;
afterAll(async () => {
  expect(await killTagged(tag)).toEqual([]);
  rmSync(folder, { recursive: true });
});

const program = (script: string, more: Partial<ProgramRequest> = {}): ProgramRequest => ({
  argv: ['sh', '-c', script],
  cwd: folder,
  env: { PATH: '/usr/bin:/bin', [TAG_VARIABLE]: tag },
  timeoutMs: 10_000,
  ...more,
});

describe('a program that is run', () => {
  it('answers exit code, output and the last words on stderr', async () => {
    const outcome = await runProgram(program('cat; echo problem >&2; exit 3', { stdin: 'in put', captureStdoutBytes: 100 }));
    expect(outcome).toMatchObject({ end: 'exited', code: 3, stderrTail: 'problem\n', survivors: [] });
    expect(outcome.stdout?.toString()).toBe('in put');
  });

  it('gets exactly the environment it is given, nothing of ours', async () => {
    vi.stubEnv('SPAWN_CANARY', 'secret');
    const outcome = await runProgram({ ...program(''), argv: ['env'], captureStdoutBytes: 1_000 });
    vi.unstubAllEnvs();
    expect(outcome.stdout?.toString()).toBe(`PATH=/usr/bin:/bin\n${TAG_VARIABLE}=${tag}\n`);
  });

  it('gets empty standard input unless text is given', async () => {
    expect(await runProgram(program('cat'))).toMatchObject({ end: 'exited', code: 0 });
  });

  it('is never read by a shell: arguments arrive as they are', async () => {
    const odd = '$(touch pwned); `id` "\' \n *';
    const outcome = await runProgram({ ...program(''), argv: ['printf', '%s', odd], captureStdoutBytes: 100 });
    expect(outcome.stdout?.toString()).toBe(odd);
  });

  it('may leave its input unread', async () => {
    expect(await runProgram(program('exec true', { stdin: 'x'.repeat(1_000_000) }))).toMatchObject({ end: 'exited', code: 0 });
  });

  it.each([
    ['an unknown program', { argv: ['no-such-program'] as const }],
    ['a folder that does not exist', { cwd: '/no/such/folder' }],
    ['an argument that cannot be passed', { argv: ['echo', 'nul\0'] as const }],
  ])('is told as not started with %s', async (_, more) => {
    const outcome = await runProgram(program('true', more as Partial<ProgramRequest>));
    expect(outcome.end).toBe('not_started');
    expect((outcome as { detail: string }).detail).not.toBe('');
  });

  it('is not started when it was stopped before', async () => {
    const running = spawnProgram(program('true', { signal: AbortSignal.abort() }));
    expect(running.pid).toBeUndefined();
    expect((await running.ended).end).toBe('stopped');
  });

  it('told apart from one that a signal ended', async () => {
    expect(await runProgram(program('kill -KILL $$'))).toMatchObject({ end: 'signaled', signal: 'SIGKILL' });
  });

  it('keeps only the end of stderr', async () => {
    const outcome = await runProgram(program('seq 1 100000 >&2'));
    expect(outcome.stderrTail.length).toBe(8 * 1024);
    expect(outcome.stderrTail.endsWith('99999\n100000\n')).toBe(true);
  });
});

describe('a program that must end', () => {
  it('is asked first and may tidy up', async () => {
    const stop = new AbortController();
    const running = spawnProgram(
      program('trap "echo tidy > tidy; exit 7" TERM; echo ready; while :; do sleep 0.01; done', {
        signal: stop.signal,
        onStdout: () => stop.abort(),
      }),
    );
    expect(await running.ended).toMatchObject({ end: 'stopped', survivors: [] });
    expect(readFileSync(join(folder, 'tidy'), 'utf8')).toBe('tidy\n');
  });

  it('is killed with its whole group when nobody there listens to SIGTERM', async () => {
    const outcome = await runProgram(
      program('trap "" TERM; (trap "" TERM; sleep 60) & sleep 60 & wait; sleep 60', { timeoutMs: 200, graceMs: 100 }),
    );
    expect(outcome).toMatchObject({ end: 'timed_out', survivors: [] });
    expect(outcome.durationMs).toBeGreaterThanOrEqual(300);
    expect(outcome.durationMs).toBeLessThan(3_000);
    expect(pidsTagged(tag)).toEqual([]);
  });

  it('keeps the grace for members of its group that outlive it', async () => {
    const stop = new AbortController();
    const running = spawnProgram(
      program('sh -c \'trap "sleep 0.1; echo tidy > member; exit" TERM; echo ready; while :; do sleep 0.01; done\' & wait', {
        signal: stop.signal,
        onStdout: () => stop.abort(),
      }),
    );
    expect(await running.ended).toMatchObject({ end: 'stopped', survivors: [] });
    expect(readFileSync(join(folder, 'member'), 'utf8')).toBe('tidy\n');
  });

  it('is killed when it floods, and nothing past the limit is delivered', async () => {
    let bytes = 0;
    const outcome = await runProgram(
      program('yes & yes >&2', {
        outputBytes: 100_000,
        onStdout: (c) => (bytes += c.length),
        onStderr: (c) => (bytes += c.length),
        graceMs: 0,
      }),
    );
    expect(outcome).toMatchObject({ end: 'flooded', survivors: [] });
    expect(bytes).toBe(100_000);
  });

  it('floods when more is captured than allowed, even if it has ended by then', async () => {
    const outcome = await runProgram(program('printf 12345', { captureStdoutBytes: 4 }));
    expect(outcome.end).toBe('flooded');
    expect(outcome.stdout?.toString()).toBe('1234');
  });

  it('leaves nobody of its group behind when it ends by itself', async () => {
    const running = spawnProgram(program('sleep 60 & exit 0'));
    expect(await running.ended).toMatchObject({ end: 'exited', code: 0, survivors: [] });
    expect(pidsOfGroup(running.pid ?? 0)).toEqual([]);
  });

  it('does not hang on a stranger that holds its pipes', async () => {
    // The stranger has left the group, so it is not the program's end that this waits for.
    const outcome = await runProgram(
      program('setsid sh -c "echo \\$\\$ > stranger; sleep 60" & while [ ! -s stranger ]; do :; done', { captureStdoutBytes: 10 }),
    );
    expect(outcome).toMatchObject({ end: 'exited', code: 0 });
    expect(outcome.durationMs).toBeLessThan(3_000);
    const stranger = Number(readFileSync(join(folder, 'stranger'), 'utf8'));
    expect(pidsTagged(tag)).toContain(stranger);
    expect(await killTagged(tag)).toEqual([]);
    expect(startTimeOf(stranger)).toBeUndefined();
  });
});

describe('what a program wrote', () => {
  it('is read whole, however busy we were when it ended', async () => {
    const stranger = 'touch apart; while [ ! -e go ]; do :; done; printf %010000d 7; touch written; exec sleep 60';
    const running = spawnProgram(
      program(`setsid sh -c '${stranger}' & while [ ! -e apart ]; do :; done; printf first`, { captureStdoutBytes: 1_000_000 }),
    );
    // Its end has been seen when nobody's child is left under its number; the time for its pipes runs from there.
    await until(() => !existsSync(`/proc/${running.pid}`));
    writeFileSync(join(folder, 'go'), '');
    const [busyUntil, deadline] = [performance.now() + 400, performance.now() + 5_000];
    while ((!existsSync(join(folder, 'written')) && performance.now() < deadline) || performance.now() < busyUntil);
    const outcome = await running.ended;
    expect(outcome).toMatchObject({ end: 'exited', code: 0 });
    expect(outcome.stdout?.length).toBe('first'.length + 10_000);
    expect(await killTagged(tag)).toEqual([]);
  });

  it('ends somewhere, also when a stranger goes on writing to its pipe', async () => {
    let bytes = 0;
    const outcome = await runProgram(
      program('setsid sh -c "touch writing; exec yes" & while [ ! -e writing ]; do :; done', {
        onStdout: (chunk) => (bytes += chunk.length),
      }),
    );
    expect(outcome).toMatchObject({ end: 'exited', code: 0 });
    expect(bytes).toBeGreaterThan(0);
    expect(outcome.durationMs).toBeLessThan(5_000);
    expect(await killTagged(tag)).toEqual([]);
  });
});

describe('what is found of a process', () => {
  it('a tag finds itself and tags below, not tags that only begin alike', async () => {
    const start = (each: string) => spawnProgram({ ...program('exec sleep 60'), env: { PATH: '/usr/bin:/bin', [TAG_VARIABLE]: each } });
    const [exact, below, alike] = [start(`${tag}/a`), start(`${tag}/a/b`), start(`${tag}/ab`)];
    await until(() => pidsTagged(tag).length === 3);
    expect(pidsTagged(`${tag}/a`).toSorted()).toEqual([exact.pid, below.pid].toSorted());
    expect(await killTagged(`${tag}/a`)).toEqual([]);
    expect(pidsTagged(tag)).toEqual([alike.pid]);
    expect(await killTagged(tag)).toEqual([]);
    await Promise.all([exact.ended, below.ended, alike.ended]);
  });

  it('nobody is left only when those that were found are gone, also when they cannot be found any more', async () => {
    // Giving back this much memory takes the kernel a while; by then the process has lost its environment, and with it its tag.
    const script = 'const held = Buffer.alloc(600_000_000, 1); console.log(held.length); setInterval(() => {}, 1_000)';
    let isUp = false;
    const running = spawnProgram({ ...program(''), argv: [process.execPath, '-e', script], onStdout: () => (isUp = true) });
    await until(() => isUp);
    const pid = running.pid ?? 0;
    let looks = 0;
    expect(await killUntilNone(() => (looks++ === 0 ? [pid] : []), 5_000)).toEqual([]);
    expect(startTimeOf(pid)).toBeUndefined();
    await running.ended;
  });

  it('a process is known by pid and start time, also under a name with brackets and blanks', async () => {
    writeFileSync(join(folder, 'a) Z 1 (b'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    const stop = new AbortController();
    const running = spawnProgram({ ...program(''), argv: [join(folder, 'a) Z 1 (b')], signal: stop.signal, graceMs: 0 });
    const pid = running.pid ?? 0;
    const startTime = startTimeOf(pid) ?? 0;
    expect(startTime).toBeGreaterThan(0);
    expect(isRunning(pid, startTime)).toBe(true);
    expect(isRunning(pid, startTime - 1)).toBe(false);
    stop.abort();
    await running.ended;
    expect(isRunning(pid, startTime)).toBe(false);
  });

  it('a detached program writes to its file and is in a session of its own', async () => {
    const outputFile = join(folder, 'detached.log');
    const started = await startDetached({ ...program('echo hello; exec sleep 60'), outputFile });
    if (!('pid' in started)) throw new Error(started.detail);
    await until(() => readFileSync(outputFile, 'utf8') === 'hello\n');
    expect(isRunning(started.pid, started.startTime)).toBe(true);
    expect(pidsOfGroup(started.pid)).toEqual([started.pid]);
    expect(await killTagged(tag)).toEqual([]);
    expect(await startDetached({ ...program(''), argv: ['no-such-program'], outputFile })).toHaveProperty('detail');
  });
});
