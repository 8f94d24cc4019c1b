import type { ProcessOutcome } from '../../ports.ts';

/** What was seen of a setup command that failed. */
export interface FailedSetup {
  process: ProcessOutcome;
  /** The end of what it said. */
  output: string;
  /** What it may reach; undefined when setup has no network. */
  hosts?: readonly string[];
  /** Names that it wanted and that nobody allowed. */
  refused: readonly string[];
  /** Names that are allowed and did not answer. */
  unreachable: readonly string[];
}

/** What package managers say when something is wrong that a person can mend, and how. The first that fits speaks. */
// biome-ignore format: a table is read by column
const CAUSES: readonly { says: RegExp; means: string }[] = [
  { says: /can only install with an existing package-lock|ERR_PNPM_NO_LOCKFILE|YN0028.*lockfile would have been created/,
    means: 'there is no lockfile on this commit: install once on your machine and commit the lockfile' },
  { says: /package\.json and package-lock\.json .*in sync|ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH)|lockfile needs to be updated|YN0028/,
    means: 'the lockfile does not fit package.json: install once on your machine and commit the lockfile' },
  { says: /\b(?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT\w*|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\b|self.signed certificate/i,
    means: "the registry's certificate is not trusted: name the file of its authority in sandbox.caFile of host.jsonc" },
  { says: /\b(?:E401|E403|ENEEDAUTH)\b|ERR_PNPM_FETCH_40[13]|YN0041|\b401 Unauthorized\b/,
    means: 'the registry wants a sign-in: put its token into <state>/env/setup.env and let .npmrc name that variable' },
  { says: /\b(?:E404|ETARGET)\b|ERR_PNPM_(?:FETCH_404|NO_MATCHING_VERSION)|YN0035/,
    means: 'the registry does not have a package or version that the lockfile names: see the log for which' },
  { says: /gyp ERR!/,
    means: 'a native module could not be compiled: install python3, make and g++ on the host of the daemon' },
  { says: /\bENOSPC\b|No space left/,
    means: 'the disk is full: make room, or run codex-builder gc' },
];
const NOT_FOUND = /(?:^|\n)(?:\/bin\/)?sh: (?:\d+: |line \d+: )?([\w.-]+): (?:command )?not found/;

/** Why a setup failed and what to do about it, as far as that can be told; what it may reach is said in any case. */
export function explainFailure({ process, output, hosts, refused, unreachable }: FailedSetup): string {
  const program = process.end === 'exited' && process.code === 127 ? NOT_FOUND.exec(output)?.[1] : undefined;
  const cause = CAUSES.find(({ says }) => says.test(output))?.means;
  const reasons = [
    ...(program === undefined ? [] : [`${program} is not installed on the host of the daemon: install it for the whole system`]),
    ...(refused.length === 0
      ? []
      : [`it wanted ${refused.join(', ')}, which this host does not allow: add the name to sandbox.registryHosts in host.jsonc`]),
    ...(unreachable.length === 0 ? [] : [`${unreachable.join(', ')} cannot be reached from this host: mend its network, then try again`]),
    // A refusal looks to package managers like a registry that wants a sign-in.
    ...(cause === undefined || refused.length > 0 ? [] : [cause]),
  ];
  const reach = hosts === undefined ? [] : [`it may reach only ${hosts.join(', ')} (sandbox.registryHosts in host.jsonc)`];
  return ['setup failed', ...reasons, ...reach].join('; ');
}
