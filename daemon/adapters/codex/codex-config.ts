import { INSIDE, RELAY_PORT, TOKEN_VARIABLE } from './inside.ts';

/** Who answers Codex, as its settings name it. */
export type ModelAccess =
  | { kind: 'relay' }
  /** The person's ChatGPT sign-in, whose file lies in the home of Codex. */
  | { kind: 'sign-in'; baseUrl: string };

export interface CodexSettings {
  model: string;
  reasoning?: string;
  access: ModelAccess;
  /** The worktree is not to be written. */
  readOnly: boolean;
  /** Folders whose project settings Codex must not honour. */
  untrusted: readonly string[];
}

/** A JSON string is a TOML basic string but for DEL, which TOML wants escaped. */
const toml = (text: string) => JSON.stringify(text).replaceAll('\x7f', '\\u007f');

/** The text of `config.toml`. */
export function configOf({ model, reasoning, access, readOnly, untrusted }: CodexSettings): string {
  return `model = ${toml(model)}
${access.kind === 'relay' ? 'model_provider = "relay"' : SIGN_IN}
${reasoning === undefined ? '' : `model_reasoning_effort = ${toml(reasoning)}\n`}web_search = "disabled"
check_for_update_on_startup = false
# A login shell would read /etc/profile and forget the PATH of the toolchain.
allow_login_shell = false

[analytics]
enabled = false

${access.kind === 'relay' ? RELAY : providerOf(access.baseUrl) + permissions(readOnly)}
[features]
unbounded_connection_retries = false
goals = false
apps = false
plugins = false
remote_plugin = false
shell_snapshot = false
enable_request_compression = false

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

const RETRIES = `request_max_retries = 2
stream_max_retries = 3
stream_idle_timeout_ms = 300000
`;

const RELAY = `[model_providers.relay]
name = "relay"
base_url = "http://127.0.0.1:${RELAY_PORT}/v1"
wire_api = "responses"
env_key = "${TOKEN_VARIABLE}"
${RETRIES}`;

const SIGN_IN = `model_provider = "chatgpt"
forced_login_method = "chatgpt"
cli_auth_credentials_store = "file"
default_permissions = "agent"`;

const providerOf = (baseUrl: string) => `[model_providers.chatgpt]
name = "OpenAI"
base_url = ${toml(`${baseUrl}/codex`)}
wire_api = "responses"
requires_openai_auth = true
supports_websockets = false
${RETRIES}`;

/** What `-s` says elsewhere, and that the sign-in is closed: to commands, and to whatever Codex itself reads for the model. */
const permissions = (readOnly: boolean) => `
[permissions.agent]
extends = "${readOnly ? ':read-only' : ':workspace'}"
[permissions.agent.filesystem]
"${INSIDE.signIn}" = "deny"
`;
