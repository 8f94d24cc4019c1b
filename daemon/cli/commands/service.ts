import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type KeptEnvironment, keepEnvironment } from '../../local/service/environment.ts';
import { canUseSystemd, installUnit, journalctl, removeUnit, unitFolder } from '../../local/service/systemd.ts';
import { type Service, unitName, unitText } from '../../local/service/unit.ts';
import { repoOf, stateOf } from '../choose-daemon.ts';
import type { Call, Handler } from '../command.ts';
import { EXIT, UsageError } from '../outcome.ts';

/** Adds a systemd unit for the daemon of one app and starts it; with --print only shows it. */
export const installService: Handler<'install-service'> = async (call) => {
  const { flags, env, terminal } = call;
  const service = serviceOf(call);
  const unit = unitName(service.stateFolder);
  const text = unitText(service);
  const file = join(unitFolder(service.system, env), unit);
  const told = { unit, file, text, system: service.system };
  if (flags.print === true) {
    terminal.out(flags.json === true ? `${JSON.stringify({ status: 'shown', ...told })}\n` : text);
    return 0;
  }
  const can = await canUseSystemd(service.system, env);
  if (!can.ok) return cannot(call, can);
  const kept = keepEnvironment(service.stateFolder, env);
  const installed = await installUnit(file, text, service.system, env);
  if (!installed.ok) return cannot(call, installed);
  const linger = service.system ? '' : 'So that it runs while you are not signed in: loginctl enable-linger\n';
  terminal.out(
    flags.json === true
      ? `${JSON.stringify({ status: 'installed', ...told, environmentFile: kept.file, kept: kept.names })}\n`
      : `Installed and started: ${file}\n${variablesSaid(kept)}${linger}What it says: ${journalctl(service.system, unit)}\nWhere to open it: codex-builder open --repo ${service.repo}\n`,
  );
  return 0;
};

/** Takes the unit away again. Production is not the daemon's child and stays up. */
export const uninstallService: Handler<'uninstall-service'> = async (call) => {
  const { flags, env, terminal } = call;
  const system = flags.system === true;
  const unit = unitName(stateOf(flags, env));
  const file = join(unitFolder(system, env), unit);
  const removed = await removeUnit(file, system, env);
  if ('absent' in removed) {
    terminal.out(flags.json === true ? `${JSON.stringify({ status: 'absent', unit, file })}\n` : `There is no ${file}.\n`);
    return 0;
  }
  if (!removed.ok) return cannot(call, removed);
  terminal.out(
    flags.json === true
      ? `${JSON.stringify({ status: 'removed', unit, file })}\n`
      : `Removed: ${file}\nThe daemon has stopped; production stays up. End that too: codex-builder stop --all\n`,
  );
  return 0;
};

function serviceOf({ flags, env, programs }: Call<'install-service'>): Service {
  const repo = repoOf(flags, env);
  if (repo === undefined || repo === env['CODEX_BUILDER_FALLBACK_REPO'])
    throw new UsageError('Which app? Name its repository with --repo, or run this inside of it.');
  if (!existsSync(repo)) throw new UsageError(`${repo} does not exist.`);
  for (const flag of ['port', 'gateway-port'] as const) {
    if (flags[flag] !== undefined && !/^[1-9]\d{0,4}$/.test(flags[flag])) throw new UsageError(`--${flag} is a number from 1 to 65535.`);
  }
  return {
    system: flags.system === true,
    node: process.execPath,
    startScript: programs.startScript,
    repo: realpathSync(repo),
    stateFolder: stateOf({ ...flags, repo }, env),
    port: flags.port ?? (env['CODEX_BUILDER_PORT'] || undefined),
    gatewayPort: flags['gateway-port'] ?? (env['CODEX_BUILDER_GATEWAY_PORT'] || undefined),
    path: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    home: env['HOME'] ?? '/root',
  };
}

function variablesSaid({ file, names, wasThere }: KeptEnvironment): string {
  if (wasThere) return `Its variables: ${file}, left as it was.\n`;
  if (names.length > 0) return `Kept ${names.join(', ')} in ${file}.\n`;
  return `Its variables belong into ${file}, such as the key: CODEX_BUILDER_AGENT_API_KEY="sk-…"\n`;
}

function cannot(
  { terminal }: Call<'install-service'> | Call<'uninstall-service'>,
  { detail, remedy }: { detail: string; remedy: string },
): number {
  terminal.err(`${detail}\n${remedy}\n`);
  return EXIT.cannot;
}
