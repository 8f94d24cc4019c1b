import { copyFile, cp, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type CodexSettings, configOf } from './codex-config.ts';
import type { CommandRules } from './command-rules.ts';
import { INSIDE } from './inside.ts';

/** A record is at most so large. A longer one is cut, and then counts as unreadable. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;
/** Name of the sign-in's file, which only some turns have. */
const SIGN_IN = basename(INSIDE.signIn);
const JUDGE_FOLDER = basename(INSIDE.judge);

export interface CodexHome {
  /** On the host. */
  folder: string;
  settings: CodexSettings;
  answerSchema: object;
  /** Copied, so that the sandbox's user can read them whatever their mode is. */
  inputs: readonly { name: string; host: string }[];
  /** Judged before each command by the program in `judgeFolder`; without any, calls are only recorded. */
  rules?: CommandRules;
  judgeFolder?: string;
}

/** Writes everything that steers a turn anew, so that nothing an earlier turn left there has a say. Answers the folders of hook records and of inputs. */
export async function writeCodexHome({
  folder,
  settings,
  answerSchema,
  inputs,
  rules,
  judgeFolder,
}: CodexHome): Promise<{ records: string; inputs: string }> {
  const made = { records: join(folder, 'records'), inputs: join(folder, 'inputs') };
  await mkdir(folder, { recursive: true });
  for (const part of Object.values(made)) {
    await rm(part, { recursive: true, force: true });
    await mkdir(part);
  }
  await rm(join(folder, JUDGE_FOLDER), { recursive: true, force: true });
  if (rules !== undefined && judgeFolder !== undefined) await cp(judgeFolder, join(folder, JUDGE_FOLDER), { recursive: true });
  for (const { name, host } of inputs) await copyFile(host, join(made.inputs, basename(name)));
  await replace(folder, 'config.toml', configOf(settings));
  await replace(folder, 'hooks.json', JSON.stringify(hooksFor(rules)));
  await replace(folder, 'answer-schema.json', JSON.stringify(answerSchema));
  await replace(folder, basename(INSIDE.rules), JSON.stringify({ allow: rules?.allow, deny: rules?.deny ?? [] }));
  for (const stale of ['AGENTS.md', 'AGENTS.override.md', SIGN_IN, 'judge.log', 'rules', 'skills', 'prompts']) {
    await rm(join(folder, stale), { recursive: true, force: true });
  }
  return made;
}

/** Puts the sign-in of one turn into the home; `undefined` takes it out. */
export async function placeSignIn(folder: string, text: string | undefined): Promise<void> {
  if (text === undefined) await rm(join(folder, SIGN_IN), { recursive: true, force: true });
  else await replace(folder, SIGN_IN, text, 0o600);
}

/** Never writes through a link: the folder belongs to programs in a sandbox. */
async function replace(folder: string, name: string, text: string, mode = 0o644): Promise<void> {
  const fresh = join(folder, `.${name}.new`);
  await rm(fresh, { recursive: true, force: true });
  const file = await open(fresh, 'wx', mode);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  await rm(join(folder, name), { recursive: true, force: true });
  await rename(fresh, join(folder, name));
}

/** One file a record, complete when it has its final name. Hooks run outside the sandbox of the agent's commands, which cannot write there. */
const RECORDER = `f=${INSIDE.records}/$(date +%s%N).$$; head -c ${MAX_RECORD_BYTES} >"$f.part" && mv "$f.part" "$f.json"`;
/** Codex runs a command whose hook failed, except after exit code 2. */
const JUDGE = `node ${INSIDE.judge}/command-judge.mjs ${INSIDE.records} ${INSIDE.rules} 2>>${INSIDE.home}/judge.log || { echo 'This command could not be judged, so it does not run.' >&2; exit 2; }`;
/** Seconds. When they are over Codex goes on without the hook, so they are longer than a turn. */
const HOOK_TIMEOUT = 86_400;

function hooksFor(rules: CommandRules | undefined): object {
  const hook = (command: string) => [{ hooks: [{ type: 'command', command, timeout: HOOK_TIMEOUT }] }];
  return { hooks: { PreToolUse: hook(rules === undefined ? RECORDER : JUDGE), PostToolUse: hook(RECORDER) } };
}
