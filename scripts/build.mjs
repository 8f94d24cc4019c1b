#!/usr/bin/env node
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOfSources, markBuilt } from './set-up/built.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What becomes what. Everything from a registry stays outside the daemon's bundles and inside the page's. */
const PROGRAMS = [
  { entry: 'daemon/main.ts', out: 'dist/main.js' },
  { entry: 'daemon/gateway/main.ts', out: 'dist/gateway.js' },
  { entry: 'daemon/cli/main.ts', out: 'dist/cli.js' },
  { entry: 'daemon/inspect.ts', out: 'dist/inspect.js' },
  { entry: 'daemon/adapters/sandbox/launcher.mjs', out: 'dist/launcher.mjs' },
  { entry: 'daemon/adapters/codex/judge/command-judge.mjs', out: 'dist/judge/command-judge.mjs' },
  { entry: 'daemon/adapters/sandbox/static-server.mjs', out: 'dist/static-server.mjs' },
];
/** Served beside the page, without a sign-in: the `$schema` of a settings file. */
const SCHEMA = { file: 'daemon/config/codex-builder.schema.json', out: 'dist/page/codex-builder.schema.json' };
const PAGE = { entry: 'daemon/page/main.tsx', html: 'daemon/page/index.html', folder: 'dist/page' };

/**
 * Puts a file in place in one step, so that a daemon that is running never reads half of one.
 * @param {string} file
 * @param {Uint8Array} bytes
 * @returns {void}
 */
function place(file, bytes) {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, file);
}

/**
 * Builds everything into dist.
 * @param {string} [root] the checkout
 * @returns {Promise<string[]>} entries that do not exist; empty means all is built
 */
export async function build(root = ROOT) {
  const digest = digestOfSources(root);
  const esbuild = await import('esbuild');
  /** @type {import('esbuild').BuildOptions} */
  const common = {
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    sourcemap: 'linked',
    logLevel: 'warning',
    legalComments: 'none',
  };
  const programs = PROGRAMS.filter(({ entry }) => existsSync(join(root, entry)));
  const hasPage = existsSync(join(root, PAGE.entry));
  rmSync(join(root, 'dist', '.built-from'), { force: true });
  const results = await Promise.all([
    ...programs.map(({ entry, out }) =>
      esbuild.build({ ...common, entryPoints: [entry], outfile: out, platform: 'node', target: 'node20', packages: 'external' }),
    ),
    ...(hasPage
      ? [
          esbuild.build({
            ...common,
            entryPoints: [{ in: PAGE.entry, out: 'main' }],
            outdir: join(PAGE.folder, 'assets'),
            platform: 'browser',
            target: ['chrome120', 'firefox121', 'safari17'],
            jsx: 'automatic',
            jsxImportSource: 'preact',
            minify: true,
            define: { 'process.env.NODE_ENV': '"production"' },
            loader: { '.svg': 'dataurl', '.woff2': 'file' },
          }),
        ]
      : []),
  ]);
  for (const file of results.flatMap((result) => result.outputFiles ?? [])) place(file.path, file.contents);
  if (existsSync(join(root, PAGE.html))) place(join(root, PAGE.folder, 'index.html'), readFileSync(join(root, PAGE.html)));
  if (existsSync(join(root, SCHEMA.file))) place(join(root, SCHEMA.out), readFileSync(join(root, SCHEMA.file)));
  const missing = [...PROGRAMS.map(({ entry }) => entry), PAGE.entry, PAGE.html, SCHEMA.file].filter(
    (entry) => !existsSync(join(root, entry)),
  );
  if (missing.length === 0) markBuilt(root, digest);
  return missing;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = await build();
  // `build.mjs daemon` is what a start needs: the extension is not part of it.
  if (process.argv[2] !== 'daemon') {
    const { buildExtension } = await import('./build-extension.mjs');
    for (const folder of Object.values(await buildExtension(ROOT, 'release'))) process.stdout.write(`extension: ${folder}\n`);
  }
  for (const entry of missing) process.stderr.write(`build: ${entry} does not exist\n`);
  process.exitCode = missing.length === 0 ? 0 : 1;
}
