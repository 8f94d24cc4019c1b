import { basename } from 'node:path';

/** What a unit needs to know. */
export interface Service {
  /** Whose: the system's, or the person's own. */
  system: boolean;
  node: string;
  /** What `npm start` runs. */
  startScript: string;
  repo: string;
  stateFolder: string;
  port: string | undefined;
  gatewayPort: string | undefined;
  /** Where programs are looked up; a unit inherits nothing of a shell. */
  path: string;
  home: string;
}

/** Name of the unit of one app: that of its state folder, which no other app has. */
export function unitName(stateFolder: string): string {
  const name = basename(stateFolder).replace(/[^A-Za-z0-9_.-]+/g, '-');
  return `codex-builder-${name}.service`;
}

/** Variables of the daemon, secrets among them: a file of its own, because everybody may read a unit. */
export const environmentFile = (stateFolder: string): string => `${stateFolder}/daemon.env`;

/**
 * The systemd unit of the daemon. Stopping it ends the daemon alone (`KillMode=process`): the gateway and the live release run on and
 * are found again. A start that cannot succeed (wrong usage, state in use, host lacks something) is not tried again.
 */
export function unitText(service: Service): string {
  const { system, node, startScript, repo, stateFolder, port, gatewayPort, path, home } = service;
  const flags = [
    ...['--repo', repo, '--state', stateFolder],
    ...(port === undefined ? [] : ['--port', port]),
    ...(gatewayPort === undefined ? [] : ['--gateway-port', gatewayPort]),
  ];
  return `# Written by codex-builder install-service; codex-builder uninstall-service removes it.
[Unit]
Description=Codex Builder for ${plain(basename(repo))}
After=network.target
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${[node, startScript, ...flags].map((each) => argument(each)).join(' ')}
WorkingDirectory=${plain(stateFolder)}
Environment=${argument(`PATH=${path}`, false)} ${argument(`HOME=${home}`, false)}
EnvironmentFile=-${plain(environmentFile(stateFolder))}
UMask=0077
KillMode=process
TimeoutStopSec=60
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=64 75 78
OOMPolicy=continue

[Install]
WantedBy=${system ? 'multi-user.target' : 'default.target'}
`;
}

/** One argument of a command line in a unit: quoted, with what systemd would replace kept as it is. */
function argument(text: string, isCommand = true): string {
  const escaped = plain(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `"${isCommand ? escaped.replaceAll('$', '$$$$') : escaped}"`;
}

/** A whole value: `%` begins a specifier, and a line ends it. */
function plain(text: string): string {
  if (/[\n\r\0]/.test(text)) throw new Error('a path with a line break cannot stand in a unit');
  return text.replaceAll('%', '%%');
}
