import type { Run } from '#shared/run.ts';
import { commandLine } from './call-again.ts';
import { print } from './door.ts';
import type { AnyCall } from './door-call.ts';
import { runWords } from './lines.ts';
import { EXIT, exitOfRun } from './outcome.ts';
import { type Until, waitFor } from './wait.ts';

/** Says what became of a request at once, or waits for it; answers the exit code. */
export async function sayOrWait(call: AnyCall, run: Run, until: Until | undefined): Promise<number> {
  const { terminal, flags, daemon } = call;
  if (until === undefined) {
    print(call, { run }, (value) => `${runWords(value.run)}${todo(call, value.run, daemon.url)}`);
    return 0;
  }
  if (flags.json !== true) terminal.err(`${run.id}  ${titleOf(run)}\n`);
  const end = await waitFor(call, run.id, until);
  if (end === undefined) {
    terminal.err(
      `The run goes on without you. Follow it again: ${commandLine(call, `watch ${run.id}`)}\nStop it: ${commandLine(call, `cancel ${run.id}`)}\n`,
    );
    return EXIT.interrupted;
  }
  print(call, { run: end }, (value) => `${runWords(value.run)}${todo(call, value.run, daemon.url)}`);
  return exitOfRun(end.state);
}

const titleOf = ({ title }: Run) => JSON.stringify(title).slice(1, -1);

/** What a person may do with a run now, as commands to copy. */
export function todo(call: Pick<AnyCall, 'flags' | 'env'>, run: Run, url: string): string {
  const say = (words: string) => commandLine(call, words);
  const page = `  Page      ${url}/codex/runs/${run.id}\n`;
  const steps: readonly [string, string][] =
    run.state === 'needs_approval'
      ? [
          ['See it', say(`diff ${run.id}`)],
          ['Approve', say(`approve ${run.id}`)],
          ['Change', say(`revise ${run.id} "what to change"`)],
          ['Reject', say(`reject ${run.id} "why"`)],
        ]
      : run.reason?.code === 'PATCH_PROPOSED'
        ? [
            ['See it', say(`diff ${run.id}`)],
            ['Apply', say(`apply ${run.id}`)],
          ]
        : run.state === 'merged'
          ? [['Undo', say('rollback last-healthy')]]
          : run.endedAt !== undefined
            ? [
                ['Logs', say(`logs ${run.id}`)],
                ['Again', say(`retry ${run.id}`)],
              ]
            : [['Follow', say(`watch ${run.id}`)]];
  return `${steps.map(([what, command]) => `  ${what.padEnd(8)}  ${command}\n`).join('')}${page}`;
}
