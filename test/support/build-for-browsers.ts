import { resolve } from 'node:path';
import { buildExtension } from '../../scripts/build-extension.mjs';

/** Before any browser starts, so that two of them never build at once. */
export default async function buildForBrowsers(): Promise<void> {
  const root = resolve(import.meta.dirname, '../..');
  for (const kind of ['debug', 'release'] as const) await buildExtension(root, kind);
}
