import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const run = promisify(execFile);

/**
 * What others publish for the same purpose. They are fetched to be measured and are no part of ours.
 * `note` is what a reader must know to compare.
 */
const PEERS = [
  {
    name: 'react-grab',
    package: 'react-grab',
    version: '0.2.0',
    file: 'dist/index.global.js',
    module: false,
    note: 'its key is held for 100 ms by design',
  },
  {
    name: 'stagewise',
    package: '@stagewise/toolbar',
    version: '0.4.9',
    file: 'dist/index.es.js',
    module: true,
    note: 'the last one that runs by itself; 0.6.3 is larger and fetches React from esm.sh',
  },
];

/**
 * @typedef {{ name: string, version: string, head: string, script: string, gz: number, note: string }} Peer
 */

/**
 * Fetches them once into `folder` at the versions above. One that cannot be fetched is told of and left out.
 * @param {string} folder
 * @param {(line: string) => void} say
 * @returns {Promise<Peer[]>}
 */
export async function fetchPeers(folder, say) {
  /** @type {Peer[]} */
  const peers = [];
  for (const peer of PEERS) {
    const at = join(folder, `${peer.name}-${peer.version}`);
    try {
      if (!existsSync(at)) await unpack(`${peer.package}@${peer.version}`, at);
      const script = peer.module ? await bundle(join(at, peer.file)) : readFileSync(join(at, peer.file), 'utf8');
      const { name, version, note } = peer;
      const gz = gzipSync(script, { level: 9 }).length;
      peers.push({
        name,
        version,
        head: `<script ${peer.module ? 'type="module" ' : ''}src="/tools/${name}.js"></script>`,
        script,
        gz,
        note,
      });
    } catch (reason) {
      say(
        `${peer.name} ${peer.version} could not be fetched and is left out: ${reason instanceof Error ? reason.message.split('\n')[0] : reason}`,
      );
    }
  }
  return peers;
}

/** @param {string} spec @param {string} at */
async function unpack(spec, at) {
  const part = `${at}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', part, spec], { cwd: part });
  const archive = readdirSync(part).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack gave no archive');
  await run('tar', ['-xzf', archive], { cwd: part });
  renameSync(join(part, 'package'), at);
  rmSync(part, { recursive: true, force: true });
}

/** As an application's own build would take it in, for production. @param {string} file */
async function bundle(file) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: { contents: `import { initToolbar } from ${JSON.stringify(file)}; initToolbar({ plugins: [] });`, resolveDir: join(file, '..') },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    loader: { '.css': 'text' },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
