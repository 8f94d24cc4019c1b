import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openSandbox } from '../../daemon/adapters/sandbox/open-sandbox.ts';
import type { Sandbox } from '../../daemon/ports.ts';
import { quietLog } from './parts.ts';

/** The provider this machine gets by default, with its private folder at `folder`. */
export async function openTestSandbox(folder: string): Promise<Sandbox> {
  const launcherPath = fileURLToPath(new URL('../../daemon/adapters/sandbox/launcher.mjs', import.meta.url));
  if (!existsSync(launcherPath)) throw new Error('the sandbox has no launcher');
  const opened = await openSandbox({ folder, nodePath: process.execPath, launcherPath, log: quietLog });
  if (!opened.ok) throw new Error(`${opened.detail}: ${opened.remedy}`);
  return opened.sandbox;
}
