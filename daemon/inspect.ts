import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { findCodexBinary } from './adapters/codex/binary.ts';
import { openReadiness } from './adapters/codex/readiness.ts';
import { signInCommand } from './adapters/codex/sign-in.ts';
import { readSignIn } from './adapters/codex/sign-in-file.ts';
import { callGateway, GatewayReport } from './adapters/gateway/control-client.ts';
import { createGit, GitTrouble, gitEnvironment } from './adapters/git/git.ts';
import { findLocalUpstream } from './adapters/git/upstream-repository.ts';
import { openSandbox } from './adapters/sandbox/open-sandbox.ts';
import type { Looked, Outside } from './local/doctor/outside.ts';

const SETTINGS = 'refs/heads/main:codex-builder.jsonc';

/** Second composition root, of `doctor`: the adapters of the daemon, looking and changing nothing. */
export function openOutside(env: Readonly<Record<string, string | undefined>>): Outside {
  return {
    confinement,
    repository: (path) => lookAtRepository(path, env['PATH'] ?? '/usr/bin:/bin'),
    signIn: lookAtSignIn,
    gateway: lookAtGateway,
  };
}

/** Codex as the daemon would start it, for a person's sign-in. */
export const codexBinary = findCodexBinary;

/** In a folder of its own, so that a running daemon's files are left alone. */
const confinement: Outside['confinement'] = async (provider) => {
  const folder = mkdtempSync(join(tmpdir(), 'cb-doctor-'));
  try {
    const codexBinary = findCodexBinary();
    const opened = await openSandbox({
      ...(provider === undefined ? {} : { provider }),
      folder,
      nodePath: process.execPath,
      launcherPath: besideUs('launcher.mjs', 'adapters/sandbox/launcher.mjs'),
      ...(codexBinary === undefined ? {} : { bundledBwrap: join(dirname(dirname(codexBinary)), 'codex-resources', 'bwrap') }),
      log: () => {},
    });
    if (!opened.ok) {
      const wrong: Looked = { ok: false, found: opened.detail, remedy: opened.remedy };
      return { sandbox: [wrong], codex: { ok: false, found: 'not tried, because there is no sandbox', remedy: opened.remedy } };
    }
    const { sandbox } = opened;
    const kind = sandbox.capabilities.provider;
    const broken = await sandbox.selfTest();
    const held: Looked =
      kind === 'none'
        ? { ok: false, found: 'none: what agents write runs with all your rights', remedy: 'Take sandbox.provider out of host.jsonc.' }
        : {
            ok: true,
            found: `${kind}, every promise tried and held${sandbox.capabilities.separateUser ? '' : '; same OS user as the daemon'}`,
          };
    return {
      sandbox:
        broken.length === 0 ? [held] : broken.map(({ promise, found, remedy }) => ({ ok: false, found: `${promise}: ${found}`, remedy })),
      codex: await tryCodex(sandbox, codexBinary),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

async function tryCodex(sandbox: Parameters<typeof openReadiness>[0]['sandbox'], codexBinary: string | undefined): Promise<Looked> {
  // Whether somebody is signed in is another question; here it is the program.
  const readiness = await openReadiness({ sandbox, codexBinary, model: 'any', provider: { name: 'doctor' } })();
  return readiness.ready
    ? { ok: true, found: `${readiness.version}, and its own sandbox starts` }
    : { ok: false, found: readiness.detail, remedy: readiness.remedy };
}

async function lookAtRepository(path: string, searchPath: string): ReturnType<Outside['repository']> {
  const git = createGit({ gitDir: '/nonexistent', environment: gitEnvironment({ path: searchPath, tag: `doctor/${process.pid}` }) });
  try {
    const found = await findLocalUpstream(git, path);
    if (!found.ok) return { ok: false, found: found.detail, remedy: found.remedy };
    const gitDir = found.local.commonDir;
    const head = await git({ args: ['rev-parse', 'refs/heads/main'], gitDir });
    const settings = await git({ args: ['cat-file', 'blob', SETTINGS], gitDir });
    const lfs = await git({
      args: ['grep', '--quiet', '--fixed-strings', 'filter=lfs', 'refs/heads/main', '--', ':(glob)**/.gitattributes'],
      gitDir,
      env: { GIT_LITERAL_PATHSPECS: '0' },
    });
    return {
      ok: true,
      main: head.stdout.toString('utf8').trim(),
      settings: settings.code === 0 ? settings.stdout.toString('utf8') : undefined,
      usesLfs: lfs.code === 0,
    };
  } catch (error) {
    if (!(error instanceof GitTrouble)) throw error;
    return { ok: false, found: error.message, remedy: 'Install git 2.39 or newer, and look whether the repository can be read.' };
  }
}

const lookAtSignIn: Outside['signIn'] = (stateFolder) => {
  const folder = join(stateFolder, 'codex-sign-in');
  const remedy = `Sign in: ${signInCommand(folder, findCodexBinary() ?? 'codex')}`;
  const read = readSignIn(join(folder, 'auth.json'));
  if (read.found === 'nothing') return { there: false, ok: false, found: 'nobody is signed in to ChatGPT', remedy };
  if (read.found === 'unusable') return { there: true, ok: false, found: `${folder}/auth.json ${read.why}`, remedy };
  // One that has ended is renewed by the daemon; only the daemon may.
  return { there: true, ok: true, found: 'a ChatGPT sign-in' };
};

const lookAtGateway: Outside['gateway'] = async (socket) => {
  const remedy = 'End it with codex-builder stop --all, then start the daemon again.';
  try {
    const reply = await callGateway(socket, 'GET', '/state');
    if (reply.end === 'nobody') return { running: false };
    const report = z.safeParse(GatewayReport, reply.body);
    if (!report.success) return { running: false, found: 'something else answers on its socket', remedy };
    return { running: true, port: report.data.port, live: report.data.live ?? undefined };
  } catch (error) {
    return { running: false, found: `it does not answer: ${(error as Error).message}`, remedy };
  }
};

/** A file beside the bundle when built, at its place in the sources otherwise. */
function besideUs(built: string, source: string): string {
  return join(dirname(fileURLToPath(import.meta.url)), import.meta.url.endsWith('.ts') ? source : built);
}
