import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findCaFile } from '../../daemon/adapters/dependencies/registry.ts';

const MAKE_MS = 120_000;
const run = promisify(execFile);

/** Where apps are made as people make them: a home, a cache and a Corepack of its own, and the package registry. */
export interface Workshop {
  /** Runs a program and answers what it said; throws when it fails. */
  run(folder: string, program: string, ...args: readonly string[]): Promise<string>;
  /** A fresh folder for an app. */
  folder(name: string): string;
  close(): void;
}

export function openWorkshop(): Workshop {
  const root = mkdtempSync(join(tmpdir(), 'apps-'));
  const caFile = findCaFile(process.env);
  const home = join(root, 'home');
  mkdirSync(home);
  // Nothing of the machine's own npm settings counts, or the lockfiles would be other ones elsewhere.
  writeFileSync(join(home, '.npmrc'), 'yes=true\naudit=false\nfund=false\nupdate-notifier=false\n');
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    LC_ALL: 'C',
    npm_config_cache: join(root, 'npm-cache'),
    COREPACK_HOME: join(root, 'corepack'),
    COREPACK_DEFAULT_TO_LATEST: '0',
    COREPACK_ENABLE_AUTO_PIN: '0',
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
    COREPACK_NPM_REGISTRY: 'https://registry.npmjs.org',
    ...(caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile, npm_config_cafile: caFile }),
  };
  return {
    async run(folder, program, ...args) {
      const call = run(program, args, { cwd: folder, env, timeout: MAKE_MS, maxBuffer: 16 * 1024 * 1024 });
      call.child.stdin?.end();
      const { stdout } = await call;
      return stdout;
    },
    folder(name) {
      const folder = join(root, name);
      mkdirSync(folder);
      return folder;
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Writes files below a folder; an object is written as JSON. */
export function put(folder: string, files: Readonly<Record<string, string | object>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
  }
}

/** Changes a file; what is to be replaced must be there. */
export function edit(folder: string, path: string, from: string, to: string): void {
  const text = readFileSync(join(folder, path), 'utf8');
  if (!text.includes(from)) throw new Error(`${path} does not say ${from}`);
  writeFileSync(join(folder, path), text.replace(from, to));
}
