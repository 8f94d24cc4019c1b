/** A repository, a thread's folder, a scripted model and the real Codex engine on top of the real sandbox, to try one attempt after another. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCodexBinary } from '../../daemon/adapters/codex/binary.ts';
import { type CodexEngineOptions, openCodexEngine } from '../../daemon/adapters/codex/engine.ts';
import { openSandbox } from '../../daemon/adapters/sandbox/open-sandbox.ts';
import type { AgentCommand, AttemptOutcome, AttemptRequest, Clock, LogSink, Sandbox, TokenUsage } from '../../daemon/ports.ts';
import { type Scenarios, type ScriptedModel, type Step, startScriptedModel } from './scripted-model.ts';

const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, then) {
    const timer = setTimeout(then, delayMs);
    return () => clearTimeout(timer);
  },
};

/** What an attempt told while it worked. */
export interface Told {
  threads: string[];
  /** The last word on each command, in the order they started. */
  commands: Map<string, AgentCommand>;
  usages: TokenUsage[];
  log: string;
  transcript: string;
}

export interface AgentBench {
  readonly folder: string;
  readonly worktree: string;
  readonly gitDir: string;
  readonly codexHome: string;
  readonly model: ScriptedModel;
  readonly told: Told;
  /** Marks every process of every attempt. */
  readonly runId: string;
  work(brief: string, more?: Partial<AttemptRequest>): Promise<AttemptOutcome>;
  readonly engine: ReturnType<typeof openCodexEngine>;
  close(): Promise<void>;
}

export async function openAgentBench(
  script: Scenarios | readonly Step[],
  options: Partial<CodexEngineOptions> & { files?: Readonly<Record<string, string>>; around?: (sandbox: Sandbox) => Sandbox } = {},
): Promise<AgentBench> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-bench-'));
  const { worktree, gitDir } = makeRepository(folder, options.files ?? { 'hello.txt': 'hello\n' });
  const codexHome = join(folder, 'threads', 'one');
  mkdirSync(codexHome, { recursive: true });
  const model = await startScriptedModel(script);
  const opened = await openSandbox({
    folder: join(folder, 'sandbox'),
    nodePath: process.execPath,
    launcherPath: fileURLToPath(new URL('../../daemon/adapters/sandbox/launcher.mjs', import.meta.url)),
    log: () => {},
  });
  if (!opened.ok) throw new Error(`${opened.detail}: ${opened.remedy}`);
  const sandbox = options.around?.(opened.sandbox) ?? opened.sandbox;
  const engine = openCodexEngine({
    sandbox,
    codexBinary: findCodexBinary(),
    relaySocket: join(folder, 'relay.sock'),
    model: 'gpt-5.5',
    provider: { name: 'scripted', baseUrl: model.baseUrl, apiKey: 'the-real-key' },
    judgeFolder: fileURLToPath(new URL('../../daemon/adapters/codex/judge', import.meta.url)),
    clock: realClock,
    ids: { next: (prefix) => `${prefix}_${randomBytes(13).toString('hex')}`, randomHex: (bytes) => randomBytes(bytes).toString('hex') },
    log: () => {},
    ...options,
  });
  const told: Told = { threads: [], commands: new Map(), usages: [], log: '', transcript: '' };
  const sink = (take: (text: string) => void): LogSink => ({
    write: (chunk) => take(Buffer.from(chunk as string).toString('utf8')),
    close: async () => {},
  });
  await sandbox.own(worktree, 1);
  const runId = `run_${randomBytes(6).toString('hex')}`;
  let attempt = 0;

  return {
    folder,
    worktree,
    gitDir,
    codexHome,
    model,
    told,
    runId,
    engine,
    work: (brief, more) =>
      engine.work({
        runId,
        attempt: ++attempt,
        seat: 1,
        worktree,
        codexHome,
        gitDir,
        brief,
        inputs: [],
        budget: {},
        timeoutMs: 60_000,
        stallMs: 60_000,
        answerSchema: { type: 'object', properties: {}, required: [], additionalProperties: false },
        onThread: (threadId) => told.threads.push(threadId),
        onCommand: (command) => told.commands.set(command.callId, command),
        onUsage: (usage) => told.usages.push(usage),
        log: sink((text) => {
          told.log += text;
        }),
        transcript: sink((text) => {
          told.transcript += text;
        }),
        signal: new AbortController().signal,
        ...more,
      }),
    async close() {
      await engine.close();
      await model.close();
      await sandbox.wipe(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Processes on this machine whose command line or environment has `text` in it, but not this one. */
export function processesWith(text: string): readonly { pid: number; exe: string; namespaces: Readonly<Record<string, string>> }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const facts = readFileSync(`/proc/${name}/environ`, 'latin1') + readFileSync(`/proc/${name}/cmdline`, 'latin1');
        if (!facts.includes(text)) return [];
        return [{ pid: Number(name), exe: readlinkSync(`/proc/${name}/exe`), namespaces: namespacesOf(name) }];
      } catch {
        return []; // ended meanwhile
      }
    });
}

export const namespacesOf = (pid: string | number): Readonly<Record<string, string>> =>
  Object.fromEntries(['mnt', 'pid', 'net'].map((kind) => [kind, readlinkSync(`/proc/${pid}/ns/${kind}`)]));

function makeRepository(folder: string, files: Readonly<Record<string, string>>): { worktree: string; gitDir: string } {
  const seed = join(folder, 'seed');
  const gitDir = join(folder, 'control.git');
  const worktree = join(folder, 'slots', 'one');
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { stdio: 'pipe' });
  mkdirSync(seed);
  git('-C', seed, 'init', '-q', '-b', 'main');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(seed, path, '..'), { recursive: true });
    writeFileSync(join(seed, path), text);
  }
  git('-C', seed, 'add', '-A');
  git('-C', seed, 'commit', '-qm', 'first');
  git('clone', '-q', '--bare', seed, gitDir);
  git('-C', gitDir, 'worktree', 'add', '-q', '-b', 'codex/run-bench', worktree, 'main');
  return { worktree, gitDir };
}
