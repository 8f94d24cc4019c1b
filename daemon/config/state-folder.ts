import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';

/** Where the state of an app's daemon lies: `$XDG_STATE_HOME/codex-builder/<folder name>-<path hash>`. */
export function stateFolderOf(repository: string, env: Readonly<Record<string, string | undefined>>): string {
  const home = env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? '/root', '.local', 'state');
  const name =
    basename(repository)
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .slice(0, 24) || 'app';
  return join(home, 'codex-builder', `${name}-${createHash('sha256').update(repository).digest('hex').slice(0, 8)}`);
}
