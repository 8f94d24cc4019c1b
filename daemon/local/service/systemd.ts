import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runAsPerson } from '../run-program.ts';

type Environment = Readonly<Record<string, string | undefined>>;
export type SystemdOutcome = { ok: true } | { ok: false; detail: string; remedy: string };

/** Where units of the system, or of this person, are put. */
export function unitFolder(system: boolean, env: Environment): string {
  if (system) return '/etc/systemd/system';
  const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? '/', '.config');
  return join(config, 'systemd', 'user');
}

/** Whether systemd can be asked to keep something running here; what to do where it cannot. */
export async function canUseSystemd(system: boolean, env: Environment): Promise<SystemdOutcome> {
  const anyway =
    'Without it, keep `codex-builder serve` running with what this machine has (OpenRC, runit, a container). --print shows the unit.';
  if (!existsSync('/run/systemd/system')) return { ok: false, detail: 'systemd does not run this machine.', remedy: anyway };
  if (system) {
    if (process.getuid?.() === 0) return { ok: true };
    return {
      ok: false,
      detail: 'Only root may add a unit of the system.',
      remedy: 'Run it with sudo, or leave --system out for a unit of your own.',
    };
  }
  if (process.getuid?.() === 0)
    return {
      ok: false,
      detail: 'root has no session whose units would last.',
      remedy: 'Give --system, or run it as the user who is to own the daemon.',
    };
  const said = await systemctl(false, env, 'show-environment');
  if (said.code === 0) return { ok: true };
  return {
    ok: false,
    detail: `Your user's systemd does not answer: ${said.stderr || `exit code ${said.code}`}.`,
    remedy: 'Sign in over ssh or at the console (su and sudo start none), then try again.',
  };
}

/** Puts the unit in place and starts it, now and at every boot. */
export async function installUnit(file: string, text: string, system: boolean, env: Environment): Promise<SystemdOutcome> {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o644 });
  const unit = file.slice(file.lastIndexOf('/') + 1);
  for (const step of [['daemon-reload'], ['enable', unit], ['restart', unit]]) {
    const said = await systemctl(system, env, ...step);
    if (said.code !== 0)
      return { ok: false, detail: `systemctl ${step.join(' ')} failed: ${said.stderr}`, remedy: `Look at it: ${journalctl(system, unit)}` };
  }
  return { ok: true };
}

/** Stops the daemon and takes the unit away. `absent`: there was none. */
export async function removeUnit(file: string, system: boolean, env: Environment): Promise<SystemdOutcome | { absent: true }> {
  if (!existsSync(file)) return { absent: true };
  const unit = file.slice(file.lastIndexOf('/') + 1);
  const said = await systemctl(system, env, 'disable', '--now', unit);
  if (said.code !== 0)
    return {
      ok: false,
      detail: `systemctl disable --now ${unit} failed: ${said.stderr}`,
      remedy: `Look at it: ${journalctl(system, unit)}`,
    };
  rmSync(file);
  await systemctl(system, env, 'daemon-reload');
  return { ok: true };
}

/** How a person reads what the daemon says. */
export function journalctl(system: boolean, unit: string): string {
  return `journalctl ${system ? '' : '--user '}-u ${unit}`;
}

function systemctl(system: boolean, env: Environment, ...args: readonly string[]) {
  return runAsPerson(['systemctl', ...(system ? [] : ['--user']), ...args], { cwd: '/', env, timeoutMs: 120_000 });
}
