import * as z from 'zod/mini';

/**
 * `codex-builder.jsonc`: what the app is. Read from main, never from a worktree.
 * Unknown keys are refused, so a misspelled limit is not silently ignored.
 */

const Ms = z.number().check(z.int(), z.gte(1));
const Name = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9._-]{0,40}$/, 'a name has lower-case letters, digits, ".", "_" and "-", at most 41 of them'));
const Command = z.string().check(z.trim(), z.minLength(1), z.maxLength(4_000));
const Env = z.record(z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/)), z.string());
const Route = z.string().check(z.regex(/^\/[^\s]*$/));
const RelativePath = z.string().check(z.regex(/^(?!\/)(?![\s\S]*(^|\/)\.\.(\/|$))[^\0]+$/));

/** Name of a file in `<state>/env/`; production's environment lies elsewhere and cannot be named. */
const EnvFile = z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,60}\.env$/));

/** A folder of plain files, served by a small server of ours: `"dist"`, or with the page that answers every unknown address (`index.html` of a single-page app). */
const Site = z.union([RelativePath, z.strictObject({ folder: RelativePath, fallback: z.optional(RelativePath) })]);
export type Site = z.infer<typeof Site>;

const Setup = z.strictObject({
  /** Makes what a fresh checkout lacks: `npm ci`, `pnpm install --frozen-lockfile`. Runs again only when the lockfile or another of its inputs changed. */
  command: z.optional(Command),
  env: z._default(Env, {}),
  /** Where it runs, from the repository's root. Default: the nearest folder with a lockfile, from the app's `folder` upwards. */
  folder: z.optional(RelativePath),
  /** `registry`: the package registries that the host allows (`sandbox.registryHosts` in host.jsonc) and nothing else. */
  network: z._default(z.enum(['registry', 'none']), 'registry'),
  /** What else it makes that later commands need, besides every `node_modules` and Yarn's files: files or folders, from the folder where it runs. */
  keep: z._default(z.array(RelativePath), []),
  /** More files that its result depends on, besides manifests, lockfiles and patches, as globs against repository paths (`prisma/schema.prisma`). */
  inputs: z._default(z.array(z.string().check(z.minLength(1))), []),
  /** Files of `<state>/env/` that the app wants as files: readable at `to` (from the app's `folder`) for setup, checks and previews, never in a commit. */
  copies: z._default(z.array(z.strictObject({ from: EnvFile, to: RelativePath })), []),
});

const Health = z.strictObject({ path: z._default(Route, '/'), timeoutMs: z._default(Ms, 30_000) });

const CheckSetting = z.strictObject({
  name: Name,
  command: Command,
  required: z._default(z.boolean(), true),
  timeoutMs: z.optional(Ms),
  env: z._default(Env, {}),
});
export type CheckSetting = z.infer<typeof CheckSetting>;

/** Two checks of one name would be one row: the failure of the first would be shown as the success of the second. */
function namesDiffer(checks: readonly CheckSetting[]): boolean {
  return new Set(['health', ...checks.map(({ name }) => name)]).size === checks.length + 1;
}

const Glob = z.string().check(z.minLength(1), z.maxLength(500));

const PolicyRule = z.strictObject({
  name: Name,
  /** Globs against repository paths: `*` within a folder, `**` across folders. */
  paths: z.array(z.string()).check(z.minLength(1)),
  message: z.string(),
  severity: z._default(z.enum(['note', 'manual', 'block']), 'manual'),
});

const ONE_START = 'give either a command that starts the app or "static" with a folder of files';

export const Settings = z.strictObject({
  $schema: z.optional(z.string()),
  slots: z._default(z.array(z.strictObject({ name: z.optional(z.string()) })).check(z.minLength(1), z.maxLength(9)), [{}, {}, {}]),
  lease: z.prefault(
    z.strictObject({ idleTtlMs: z._default(Ms, 1_800_000), maxHoldMs: z._default(Ms, 86_400_000), heartbeatMs: z._default(Ms, 20_000) }),
    {},
  ),
  limits: z.prefault(
    z.strictObject({
      queue: z._default(z.number().check(z.int(), z.gte(1)), 100),
      agents: z._default(z.number().check(z.int(), z.gte(1)), 3),
      /** How often the agent may see failing checks and try again. */
      repairs: z._default(z.number().check(z.int(), z.gte(0), z.lte(5)), 0),
    }),
    {},
  ),
  timeouts: z.prefault(
    z.strictObject({
      setupMs: z._default(Ms, 300_000),
      agentMs: z._default(Ms, 1_800_000),
      checksMs: z._default(Ms, 900_000),
      previewMs: z._default(Ms, 60_000),
      gateMs: z._default(Ms, 900_000),
      deployMs: z._default(Ms, 600_000),
      runMs: z._default(Ms, 2_700_000),
    }),
    {},
  ),
  /** The app's folder in a repository that holds several: setup, checks, preview and deploy commands run there, and their paths start there. */
  folder: z._default(RelativePath, '.'),
  setup: z.optional(Setup),
  checks: z._default(z.array(CheckSetting).check(z.refine(namesDiffer, 'names must differ, and none may be "health"')), []),
  smoke: z.prefault(
    z.strictObject({
      core: z._default(z.array(Route), ['/']),
      /** Which routes a changed file touches; a file no glob knows means all core routes. */
      routes: z._default(z.record(z.string(), z.array(Route)), {}),
    }),
    {},
  ),
  preview: z
    .strictObject({
      /** Runs before the preview starts, without network. */
      build: z.optional(Command),
      /** Starts the app; it must listen on 127.0.0.1:$PORT and keep its data under $DATA_DIR. A dev server will do. */
      command: z.optional(Command),
      /** Instead of `command`: a folder of files. */
      static: z.optional(Site),
      env: z._default(Env, {}),
      data: z.prefault(
        z.strictObject({
          kind: z._default(z.enum(['sqlite', 'none']), 'none'),
          /** Database file under $DATA_DIR. */
          file: z.optional(RelativePath),
          /** Makes the database from nothing, the same each time. */
          seed: z.optional(Command),
        }),
        {},
      ),
      health: z.prefault(Health, {}),
    })
    .check(
      z.refine((preview) => (preview.command === undefined) !== (preview.static === undefined), { error: ONE_START, path: ['command'] }),
    ),
  deploy: z
    .strictObject({
      mode: z._default(z.literal('managed'), 'managed'),
      /** Runs in the release's folder before it starts, with what setup made, without network. */
      build: z.optional(Command),
      /** Runs once before a release starts, never on a rollback; also on the preview's copy of the data. */
      migrate: z.optional(Command),
      start: z.optional(Command),
      /** Instead of `start`: a folder of files. */
      static: z.optional(Site),
      env: z._default(Env, {}),
      health: z.prefault(Health, {}),
      /** Commits that come to main from the person's own repository: released by themselves once their checks pass, or when a person says so. */
      upstream: z._default(z.enum(['auto', 'manual']), 'auto'),
      /** How long errors are watched for after a release went live; 0 = not at all. */
      watchMs: z._default(z.number().check(z.int(), z.gte(0), z.lte(86_400_000)), 300_000),
    })
    .check(z.refine((deploy) => (deploy.start === undefined) !== (deploy.static === undefined), { error: ONE_START, path: ['start'] })),
  policy: z.prefault(
    z.strictObject({
      rules: z._default(z.array(PolicyRule), []),
      /** Where migrations live, as globs. */
      migrations: z._default(z.array(z.string()), ['**/migrations/**', '**/migrate/**']),
      /** Which paths a change may touch, as globs; a run that touches another one ends. */
      paths: z.prefault(
        z.strictObject({ allow: z.optional(z.array(Glob).check(z.minLength(1))), deny: z._default(z.array(Glob), []) }),
        {},
      ),
      maxFiles: z._default(z.number(), 40),
      maxLines: z._default(z.number(), 1_500),
    }),
    {},
  ),
});
export type Settings = z.infer<typeof Settings>;
