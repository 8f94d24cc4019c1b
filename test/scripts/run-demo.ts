import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One JSON line of Codex, as far as these tests look at it. */
interface Line {
  type: string;
  thread_id?: string;
  item?: { type: string; text?: string; command?: string; exit_code?: number | null; status?: string };
}

export interface DemoRun {
  code: number | null;
  threadId: string;
  answer: { summary: string; files: string[]; risks: string[]; howToVerify: string[]; followUps: string[] };
  /** What the agent ran, with its exit codes. */
  commands: { command: string; exitCode: number | null | undefined }[];
  patches: (string | undefined)[];
  /** Paths that differ from the commit, by git's own account. */
  changed: string[];
}

function codexBinary(): string {
  const root = dirname(createRequire(import.meta.url).resolve('@openai/codex-linux-x64/package.json'));
  const binary = join(root, 'vendor', 'x86_64-unknown-linux-musl', 'bin', 'codex');
  if (!existsSync(binary)) throw new Error(`no Codex at ${binary}`);
  return binary;
}

/** Lets the real Codex work in `repo` with the demo model behind it. */
export async function runDemo(request: {
  repo: string;
  home: string;
  baseUrl: string;
  brief: string;
  model?: string;
  resume?: string;
}): Promise<DemoRun> {
  mkdirSync(request.home, { recursive: true });
  const provider = `model_providers.demo={name="demo",base_url="${request.baseUrl}",wire_api="responses",request_max_retries=0,stream_max_retries=0}`;
  const options = [
    '--json',
    '-m',
    request.model ?? 'gpt-5.5',
    '-c',
    'model_provider="demo"',
    '-c',
    provider,
    '--disable',
    'unbounded_connection_retries',
  ];
  const args = ['exec', ...options, '-s', 'danger-full-access', ...(request.resume === undefined ? [] : ['resume', request.resume]), '-'];
  const child = spawn(codexBinary(), args, {
    cwd: request.repo,
    env: { PATH: process.env['PATH'] ?? '', HOME: request.home, CODEX_HOME: request.home },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let problems = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problems += text;
  });
  child.stdin.end(request.brief);
  const [code] = await once(child, 'close');
  const lines: Line[] = output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const items = lines.filter(({ type }) => type === 'item.completed').flatMap(({ item }) => item ?? []);
  const answer = items.filter(({ type }) => type === 'agent_message').at(-1)?.text;
  if (answer === undefined) throw new Error(`Codex ended with ${code} and no answer: ${output}${problems}`);
  return {
    code,
    threadId: lines.find(({ type }) => type === 'thread.started')?.thread_id ?? '',
    answer: JSON.parse(answer),
    commands: items
      .filter(({ type }) => type === 'command_execution')
      .map((item) => ({ command: item.command ?? '', exitCode: item.exit_code })),
    patches: items.filter(({ type }) => type === 'file_change').map(({ status }) => status),
    changed: changedIn(request.repo),
  };
}

function changedIn(repo: string): string[] {
  const status = spawnSync('git', ['status', '--porcelain', '--untracked-files=all'], { cwd: repo, encoding: 'utf8' }).stdout;
  return status
    .split('\n')
    .filter(Boolean)
    .map((line) => line.slice(3))
    .sort();
}
