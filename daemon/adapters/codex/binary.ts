import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The version this engine was written for and tested with; its JSON lines, hooks and flags change between versions. */
export const CODEX_VERSION = '0.169.0';

/** Rust's name of this machine, and npm's name of the package that carries the binary for it. */
const TARGETS: Readonly<Record<string, { triple: string; package: string }>> = {
  x64: { triple: 'x86_64-unknown-linux-musl', package: '@openai/codex-linux-x64' },
  arm64: { triple: 'aarch64-unknown-linux-musl', package: '@openai/codex-linux-arm64' },
};

/**
 * Path of the native binary, undefined when it is not installed. The package's own `codex.js` is no substitute: on Node 20
 * it stays as a parent that outlives nothing and shields the binary from signals.
 */
export function findCodexBinary(): string | undefined {
  const target = TARGETS[process.arch];
  if (!target) return undefined;
  try {
    const launcher = createRequire(import.meta.url).resolve('@openai/codex/package.json');
    const platform = createRequire(launcher).resolve(`${target.package}/package.json`);
    return join(dirname(platform), 'vendor', target.triple, 'bin', 'codex');
  } catch {
    return undefined; // not installed
  }
}

/** Folder that must be visible for the binary to work: it brings its search tool and its own sandbox along. */
export const packageFolderOf = (codexBinary: string): string => dirname(dirname(codexBinary));
