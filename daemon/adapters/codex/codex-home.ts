import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Where things are inside the sandbox. */
export const INSIDE = {
  worktree: '/app',
  home: '/codex',
  inputs: '/in',
  schema: '/codex/answer-schema.json',
  records: '/codex/records',
} as const;
/** Port of the relay inside; it has a network of its own, so that any will do. */
export const RELAY_PORT = 4180;
/** Environment variable of Codex itself that carries the relay's token; commands do not inherit it. */
export const TOKEN_VARIABLE = 'CODEX_BUILDER_RELAY_TOKEN';

/** A record is at most so large. A longer one is cut, and then counts as unreadable. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;

export interface CodexHome {
  /** On the host. */
  folder: string;
  model: string;
  reasoning?: string;
  answerSchema: object;
  /** Copied, so that the sandbox's user can read them whatever their mode is. */
  inputs: readonly { name: string; host: string }[];
  /** Folders whose project settings Codex must not honour. */
  untrusted: readonly string[];
}

/** Writes everything that steers a turn anew, so that nothing an earlier turn left there has a say. Answers the folders of hook records and of inputs. */
export async function writeCodexHome({
  folder,
  model,
  reasoning,
  answerSchema,
  inputs,
  untrusted,
}: CodexHome): Promise<{ records: string; inputs: string }> {
  const made = { records: join(folder, 'records'), inputs: join(folder, 'inputs') };
  await mkdir(folder, { recursive: true });
  for (const part of Object.values(made)) {
    await rm(part, { recursive: true, force: true });
    await mkdir(part);
  }
  for (const { name, host } of inputs) await copyFile(host, join(made.inputs, basename(name)));
  await replace(folder, 'config.toml', configOf(model, reasoning, untrusted));
  await replace(folder, 'hooks.json', JSON.stringify(HOOKS));
  await replace(folder, 'answer-schema.json', JSON.stringify(answerSchema));
  for (const stale of ['AGENTS.md', 'AGENTS.override.md', 'auth.json', 'rules', 'skills', 'prompts']) {
    await rm(join(folder, stale), { recursive: true, force: true });
  }
  return made;
}

/** Never writes through a link: the folder belongs to programs in a sandbox. */
async function replace(folder: string, name: string, text: string): Promise<void> {
  const fresh = join(folder, `.${name}.new`);
  await rm(fresh, { recursive: true, force: true });
  const file = await open(fresh, 'wx', 0o644);
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
const HOOK = [{ hooks: [{ type: 'command', command: RECORDER }] }];
const HOOKS = { hooks: { PreToolUse: HOOK, PostToolUse: HOOK } };

/** A JSON string is a TOML basic string but for DEL, which TOML wants escaped. */
const toml = (text: string) => JSON.stringify(text).replaceAll('\x7f', '\\u007f');

function configOf(model: string, reasoning: string | undefined, untrusted: readonly string[]): string {
  return `model = ${toml(model)}
model_provider = "relay"
${reasoning === undefined ? '' : `model_reasoning_effort = ${toml(reasoning)}\n`}web_search = "disabled"
check_for_update_on_startup = false
# A login shell would read /etc/profile and forget the PATH of the toolchain.
allow_login_shell = false

[analytics]
enabled = false

[model_providers.relay]
name = "relay"
base_url = "http://127.0.0.1:${RELAY_PORT}/v1"
wire_api = "responses"
env_key = "${TOKEN_VARIABLE}"
request_max_retries = 2
stream_max_retries = 3
stream_idle_timeout_ms = 300000

[features]
unbounded_connection_retries = false
goals = false
apps = false
plugins = false
remote_plugin = false
shell_snapshot = false

[agents]
enabled = false

[skills.bundled]
enabled = false

[tools]
experimental_request_user_input = { enabled = false }
update_plan = { enabled = true }

[shell_environment_policy]
inherit = "core"
# The home of Codex itself is closed to commands; their caches go where they may write.
set = { HOME = "/tmp", GIT_OPTIONAL_LOCKS = "0", GIT_CONFIG_COUNT = "1", GIT_CONFIG_KEY_0 = "safe.directory", GIT_CONFIG_VALUE_0 = "*" }
${untrusted.map((folder) => `\n[projects.${toml(folder)}]\ntrust_level = "untrusted"\n`).join('')}`;
}
