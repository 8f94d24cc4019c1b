import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is gone when the test that asked for it ends. */
export function temporaryFolder(name: string, below: string = tmpdir()): string {
  const folder = mkdtempSync(join(below, `cb-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
