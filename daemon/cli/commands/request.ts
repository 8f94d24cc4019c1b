import { resolve } from 'node:path';
import type { DoorBody } from '#shared/api.ts';
import type { Handler } from '../command.ts';
import { chosenFiles } from '../context-files.ts';
import { atDoor, print } from '../door.ts';
import { type AnyCall, type DoorCall, must } from '../door-call.ts';
import { runId } from '../find-run.ts';
import { sayOrWait } from '../follow-run.ts';
import { UsageError } from '../outcome.ts';
import { needsSomebody, type Until } from '../wait.ts';

type RequestBody = DoorBody<'createRun'>;
type Asking = DoorCall<'cycle'>;

/** Asks for a change; with --wait until somebody is needed. */
export const request: Handler<'request'> = atDoor((call) =>
  ask(call as unknown as Asking, call.flags.wait === true ? needsSomebody : undefined),
);

/** Asks and waits: request → … → needs approval, with an exit code for each end. */
export const cycle: Handler<'cycle'> = atDoor((call) => ask(call, needsSomebody));

async function ask(call: Asking, until: Until | undefined): Promise<number> {
  const body = await bodyOf(call);
  const { client } = call.daemon;
  if (call.flags['dry-run'] !== true) return sayOrWait(call, must(await client.call('createRun', { body })).run, until);
  print(
    call,
    must(await client.call('previewBrief', { body })),
    ({ brief, tokens }) => `${brief}\nNothing was asked for. About ${tokens} tokens would be sent.\n`,
  );
  return 0;
}

async function bodyOf(call: Asking): Promise<RequestBody> {
  const { flags } = call;
  const prompt = await promptOf(call);
  const parent = flags.parent ?? flags['parent-session'];
  const files = await upload(call);
  const agent = {
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.reasoning === undefined ? {} : { reasoning: flags.reasoning as 'low' }),
  };
  return {
    prompt,
    ...(flags.page === undefined ? {} : { context: { url: pageOf(flags.page) } }),
    ...(flags.priority === undefined ? {} : { priority: flags.priority as 'normal' }),
    ...(flags['safe-mode'] === true ? { safeMode: true } : {}),
    ...(Object.keys(agent).length === 0 ? {} : { agent }),
    ...(files.length === 0 ? {} : { files }),
    ...(flags.map === true ? { map: true } : {}),
    ...(flags['no-constraints'] === true ? { constraints: false } : {}),
    ...(parent === undefined ? {} : { parentRunId: await runId(call, parent) }),
  };
}

/** What was asked for, from the words or from standard input. */
async function promptOf({ words, terminal }: Pick<AnyCall, 'words' | 'terminal'>): Promise<string> {
  const prompt = (words.length === 1 && words[0] === '-' ? await terminal.input() : words.join(' ')).trim();
  if (prompt === '') throw new UsageError('Say what should change, in quotes.');
  return prompt;
}

function pageOf(given: string): string {
  if (URL.canParse(given) && /^https?:/i.test(given)) return given;
  throw new UsageError(`--page is an address such as http://app.localhost:4401/about, not "${given}".`);
}

async function upload(call: Asking): Promise<NonNullable<RequestBody['files']>> {
  const { flags, terminal, daemon } = call;
  const globs = [...(flags.file ?? []), ...(flags.files ?? [])];
  if (globs.length === 0) return [];
  const { files, warnings } = chosenFiles(resolve(flags.dir ?? '.'), globs);
  for (const warning of warnings) terminal.err(`${warning}\n`);
  const sent: NonNullable<RequestBody['files']> = [];
  for (const { path, bytes } of files) sent.push({ path, artifact: must(await daemon.upload(bytes)).hash });
  return sent;
}
