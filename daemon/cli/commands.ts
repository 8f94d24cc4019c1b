import { parseArgs } from 'node:util';
import type { CallResult, Client } from '#shared/client.ts';
import { connect } from './connect.ts';
import { isReleaseTarget, releaseLine, runLine } from './lines.ts';
import { ERRORS, UsageError } from './outcome.ts';
import { stop } from './stop.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Command {
  name: string;
  usage: string;
  summary: string;
  run(args: readonly string[], env: Environment): Promise<number>;
}

const COMMON = {
  repo: { type: 'string' },
  state: { type: 'string' },
  json: { type: 'boolean' },
  reason: { type: 'string' },
  force: { type: 'boolean' },
  migrations: { type: 'boolean' },
  limit: { type: 'string' },
  all: { type: 'boolean' },
} as const;

interface Call {
  client: Client;
  url: string;
  words: readonly string[];
  options: ReturnType<typeof parse>['values'];
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: COMMON, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A command that calls doors: prints what `text` makes of the reply, or the reply itself with --json. */
function door<T>(
  name: string,
  usage: string,
  summary: string,
  call: (call: Call) => Promise<CallResult<T>>,
  text: (value: T, call: Call) => string,
): Command {
  return {
    name,
    usage,
    summary,
    async run(args, env) {
      const { values: options, positionals: words } = parse(args);
      const connection = connect(options, env);
      if (!connection.ok) {
        process.stderr.write(`${connection.message}\n`);
        return ERRORS.unreachable;
      }
      const given: Call = { client: connection.client, url: connection.url, words, options };
      let result: CallResult<T>;
      try {
        result = await call(given);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')) throw error;
        process.stderr.write(`The daemon at ${connection.url} does not answer.\nStart it with npm start.\n`);
        return ERRORS.unreachable;
      }
      if (!result.ok) {
        process.stderr.write(`${result.message}\n`);
        return ERRORS.refused;
      }
      process.stdout.write(options.json === true ? `${JSON.stringify(result.value)}\n` : text(result.value, given));
      return 0;
    },
  };
}

function word(words: readonly string[], what: string): string {
  const [first] = words;
  if (first === undefined) throw new UsageError(`Which ${what}?`);
  return first;
}

const lines = (all: readonly string[], empty: string) => (all.length === 0 ? `${empty}\n` : `${all.join('\n')}\n`);
const limitOf = ({ limit }: Call['options']) => (limit === undefined ? {} : { limit: Number(limit) });

/** Every command, in the order help shows them. */
export const COMMANDS: readonly Command[] = [
  door(
    'open',
    'open',
    'Print a link that signs one browser in',
    ({ client }) => client.call('createPairCode', { body: {} }),
    ({ url }) => `${url}\n`,
  ),
  door(
    'pair',
    'pair',
    'Print a one-time pairing code',
    ({ client }) => client.call('createPairCode', { body: {} }),
    ({ code }) => `${code}\nIt works once, for five minutes.\n`,
  ),
  door(
    'request',
    'request "what should change"',
    'Ask for a change',
    ({ client, words }) => client.call('createRun', { body: { prompt: words.join(' ') || word(words, 'change') } }),
    ({ run }, { url }) => `${run.id}  ${run.title}\n${url}/codex/runs/${run.id}\n`,
  ),
  door(
    'runs',
    'runs [--limit N]',
    'List runs, newest first',
    ({ client, options }) => client.call('listRuns', { query: limitOf(options) }),
    ({ runs }) => lines(runs.map(runLine), 'No runs yet.'),
  ),
  door(
    'show',
    'show RUN',
    'Show one run',
    ({ client, words }) => client.call('getRun', { params: { id: word(words, 'run') } }),
    ({ run, answer }, { url }) =>
      lines(
        [
          runLine(run),
          ...(run.reason === undefined ? [] : [`  ${run.reason.message} ${run.reason.remedy ?? ''}`]),
          ...(run.previewUrl === undefined ? [] : [`  preview ${run.previewUrl}`]),
          ...(answer === undefined ? [] : [`  ${answer.summary}`]),
          `  ${url}/codex/runs/${run.id}`,
        ],
        '',
      ),
  ),
  door(
    'approve',
    'approve RUN [--migrations]',
    'Approve what is shown now: merge and deploy it',
    async ({ client, words, options }) => {
      const id = word(words, 'run');
      const shown = await client.call('getRun', { params: { id } });
      if (!shown.ok) return shown as never;
      const headCommit = shown.value.run.headCommit ?? '0'.repeat(40);
      return client.call('approveRun', {
        params: { id },
        body: { headCommit, ...(options.migrations === true ? { confirm: { migrations: true } } : {}) },
      });
    },
    ({ run }) => `${runLine(run)}\n`,
  ),
  door(
    'reject',
    'reject RUN --reason "why"',
    'Reject a change; main is untouched',
    ({ client, words, options }) => {
      if (options.reason === undefined) throw new UsageError('Say why with --reason.');
      return client.call('rejectRun', { params: { id: word(words, 'run') }, body: { reason: options.reason } });
    },
    ({ run }) => `${runLine(run)}\n`,
  ),
  door(
    'cancel',
    'cancel RUN',
    'Stop a run',
    ({ client, words }) => client.call('cancelRun', { params: { id: word(words, 'run') }, body: {} }),
    ({ run }) => `${runLine(run)}\n`,
  ),
  door(
    'slots',
    'slots',
    'List preview slots',
    ({ client }) => client.call('listSlots', {}),
    ({ slots }) =>
      lines(
        slots.map((slot) => `${slot.id}  ${slot.state.padEnd(11)} ${slot.url}  ${slot.runId ?? ''}`),
        '',
      ),
  ),
  door(
    'releases',
    'releases [--limit N]',
    'List releases, newest first',
    ({ client, options }) => client.call('listReleases', { query: limitOf(options) }),
    ({ releases }) => lines(releases.map(releaseLine), 'No releases yet.'),
  ),
  door(
    'rollback',
    'rollback RELEASE|last-healthy [--reason "why"] [--force]',
    'Make an earlier release live again',
    ({ client, words, options }) => {
      const id = word(words, 'release');
      if (!isReleaseTarget(id)) throw new UsageError(`"${id}" is no release.`);
      return client.call('rollback', {
        params: { id },
        body: { ...(options.reason === undefined ? {} : { reason: options.reason }), ...(options.force === true ? { force: true } : {}) },
      });
    },
    ({ release }) => `${releaseLine(release)}\n`,
  ),
  {
    name: 'stop',
    usage: 'stop [--all]',
    summary: 'Stop the daemon; with --all production as well',
    run: (args, env) => stop(parse(args).values, env),
  },
];
