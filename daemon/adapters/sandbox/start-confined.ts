import { randomBytes } from 'node:crypto';
import { readlinkSync, writeFileSync } from 'node:fs';
import type { ProcessOutcome, SandboxProcess, SandboxRequest } from '../../ports.ts';
import { isRunning, killUntilNone, pidsMarked, startTimeOf, TAG_VARIABLE } from '../process-facts.ts';
import { type ExtraDescriptor, spawnProgram } from '../spawn.ts';
import { type Bridges, openBridges } from './bridges.ts';
import type { Confinement } from './confinement.ts';
import { layerStage, layersOf, throughLayers } from './layers.ts';
import { makeMountPoints } from './mount-points.ts';
import { refuseMounts } from './mount-rules.ts';
import { confinedCommand, DESCRIPTORS } from './profile.ts';

/** Environment entry of the outermost process that nothing else has, so that even a half-started sandbox is found. */
const MARK_VARIABLE = 'CODEX_BUILDER_SANDBOX';
const GONE_WITHIN_MS = 2_000;

/** Starts a program inside. What cannot be set up is told by the outcome, with pid 0. */
export function startConfined(confinement: Confinement, request: SandboxRequest): SandboxProcess {
  const refusal = refuseMounts(request.mounts);
  if (refusal !== undefined) return notStarted(refusal);
  if (confinement.layers === undefined && layersOf(request.mounts).length > 0) return notStarted('this machine has no overlay file system');
  const bridges = openBridges(confinement, request);
  if ('detail' in bridges) return notStarted(bridges.detail);

  const uid = confinement.uidOf(request.seat);
  const takeOffMountPoints = makeMountPoints(request.mounts, uid);
  const command = confinedCommand({
    system: confinement.system,
    request,
    mounts: [...throughLayers(request.mounts), ...bridges.mounts],
    stage: stageFor(confinement, request),
    env: bridges.env,
    program: bridges.program,
    uid,
    maxProcesses: confinement.maxProcesses,
  });
  const mark = `${MARK_VARIABLE}=${randomBytes(12).toString('hex')}`;
  const outer = createStatus();
  const inner = uid === undefined ? outer : createStatus();
  const toLog = request.log && ((chunk: Buffer) => request.log?.write(chunk));
  const program = spawnProgram({
    argv: command.argv,
    cwd: '/',
    env: environmentOf(mark, request.tag),
    stdin: request.stdin,
    onStdout: request.onStdout ?? toLog,
    onStderr: request.onStderr ?? toLog,
    outputBytes: request.outputBytes,
    timeoutMs: request.timeoutMs,
    signal: request.signal,
    // The end of the first process of a namespace is the end of all others, so there is nobody to ask politely.
    graceMs: 0,
    extra: descriptors(command.innerArguments, outer, inner, bridges),
  });
  bridges.started();
  if (program.pid !== undefined) preferAsVictim(program.pid);
  const ended = program.ended.then(async ({ stdout: _, ...outcome }): Promise<ProcessOutcome> => {
    const survivors = await whoIsLeft(outer, outcome, mark);
    await bridges.close();
    if (survivors.length === 0) takeOffMountPoints();
    const common = { durationMs: outcome.durationMs, stderrTail: outcome.stderrTail, survivors: [...outcome.survivors, ...survivors] };
    if (outcome.end !== 'exited' || inner.hasRun()) return { ...outcome, ...common };
    return { ...common, end: 'not_started', detail: outcome.stderrTail.trim() || 'the sandbox could not be set up' };
  });
  return { pid: program.pid ?? 0, ended };
}

/** Without root's rights, mounting a layer makes us root of a user namespace: bwrap is told to become who we were. */
function stageFor(confinement: Confinement, request: SandboxRequest): { argv: readonly string[]; uid?: number } {
  const layers = layersOf(request.mounts);
  if (confinement.layers === undefined || layers.length === 0) return { argv: [] };
  const argv = layerStage(confinement.layers, layers);
  return confinement.layers.isRoot ? { argv } : { argv, uid: process.getuid?.() ?? 0 };
}

function notStarted(detail: string): SandboxProcess {
  return { pid: 0, ended: Promise.resolve({ end: 'not_started', detail, durationMs: 0, stderrTail: '', survivors: [] }) };
}

/** The order is that of `DESCRIPTORS`. */
function descriptors(innerArguments: string, outer: Status, inner: Status, bridges: Bridges): readonly ExtraDescriptor[] {
  const all: ExtraDescriptor[] = [
    { kind: 'read', onData: outer.add },
    { kind: 'write', data: innerArguments },
    // Without an inner stage nobody would close it, and the program would inherit it.
    inner === outer ? { kind: 'none' } : { kind: 'read', onData: inner.add },
  ];
  if (bridges.listenerFd !== undefined) all[DESCRIPTORS.listener - DESCRIPTORS.outerStatus] = { kind: 'fd', fd: bridges.listenerFd };
  return all;
}

/** The tools that build the sandbox get this and nothing of the request: a variable could make them load somebody's library. */
function environmentOf(mark: string, tag: string): Record<string, string> {
  const [name = '', value = ''] = mark.split('=');
  return { PATH: '/usr/bin:/bin', [name]: value, [TAG_VARIABLE]: tag };
}

interface Status {
  add(chunk: Buffer): void;
  /** The namespace's first process, once it is known and as long as it is that process. */
  first(): number | undefined;
  /** The program was started: its end is not that of the set-up. */
  hasRun(): boolean;
}

/** Reads what bwrap says about itself: `child-pid` when the namespaces exist, `exit-code` only when the program had been started. */
function createStatus(): Status {
  let text = '';
  let first: { pid: number; startTime: number } | undefined;
  return {
    add: (chunk) => {
      text += chunk.toString();
      first ??= identify(text);
    },
    first: () => (first && isRunning(first.pid, first.startTime) ? first.pid : undefined),
    hasRun: () => text.includes('"exit-code"'),
  };
}

/** The number may already be somebody else's: only the process whose namespace it is counts. */
function identify(status: string): { pid: number; startTime: number } | undefined {
  const pid = Number(/"child-pid": (\d+)/.exec(status)?.[1]);
  const namespace = /"pid-namespace": (\d+)/.exec(status)?.[1];
  const startTime = Number.isNaN(pid) ? undefined : startTimeOf(pid);
  if (startTime === undefined || namespace === undefined) return undefined;
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) === `pid:[${namespace}]` ? { pid, startTime } : undefined;
  } catch {
    return undefined; // ended between the two reads
  }
}

/**
 * The kernel lets the first process of a namespace go only after every other one in it, so when it is gone all are.
 * A sandbox that was stopped while it came up may have none yet: then its mark is looked for.
 */
function whoIsLeft(outer: Status, outcome: ProcessOutcome, mark: string): Promise<readonly number[]> {
  const find = () => {
    const first = outer.first();
    if (first !== undefined) return [first];
    return outcome.end === 'exited' ? [] : pidsMarked(mark);
  };
  return killUntilNone(find, GONE_WITHIN_MS);
}

/** When memory runs out the kernel takes a sandbox before the daemon or production. */
function preferAsVictim(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '500');
  } catch {
    // It has already ended.
  }
}
