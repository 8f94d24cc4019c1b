import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Content by path; null removes the file, an object with `mode` also sets its permissions. */
export type Content = Readonly<Record<string, string | null | { text: string; mode: number }>>;

/** A real git repository in a temporary folder, worked on as a person would. */
export interface TestRepository {
  folder: string;
  /** Runs git in it and answers its output; throws when it fails. */
  git(...args: readonly string[]): string;
  write(content: Content): void;
  /** Writes, adds and commits; answers the new commit. */
  commit(content: Content, message?: string): string;
  /** Tip of a branch. */
  tip(ref?: string): string;
}

/** A temporary folder that `cleanUp` of the same call removes. */
export function temporaryFolder(): { folder: string; cleanUp: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'codex-builder-test-'));
  return {
    folder,
    cleanUp: () => {
      spawnSync('chmod', ['-R', 'u+rwX', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const PERSON = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'A Person',
  GIT_AUTHOR_EMAIL: 'person@example.test',
  GIT_COMMITTER_NAME: 'A Person',
  GIT_COMMITTER_EMAIL: 'person@example.test',
};

/** Runs a program as a person would and answers its output; throws when it fails. */
export function runGit(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const done = spawnSync('git', ['-c', 'protocol.file.allow=always', ...args], { cwd, encoding: 'utf8', env: { ...PERSON, ...env } });
  if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`);
  return done.stdout.trim();
}

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Content): void {
  for (const [path, value] of Object.entries(files)) {
    const place = join(folder, path);
    if (value === null) rmSync(place, { recursive: true, force: true });
    else {
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, typeof value === 'string' ? value : value.text);
      if (typeof value !== 'string') chmodSync(place, value.mode);
    }
  }
}

/** Makes a repository on branch `main` (or another) with one commit of the given files. */
export function makeRepository(folder: string, content: Content, branch = 'main'): TestRepository {
  mkdirSync(folder, { recursive: true });
  runGit(folder, ['init', '-q', '-b', branch]);
  const repository: TestRepository = {
    folder,
    git: (...args) => runGit(folder, args),
    write: (files) => writeFiles(folder, files),
    commit: (files, message = 'a change') => {
      repository.write(files);
      runGit(folder, ['add', '-A']);
      runGit(folder, ['commit', '-q', '--allow-empty', '-m', message]);
      return repository.tip('HEAD');
    },
    tip: (ref = 'main') => runGit(folder, ['rev-parse', ref]),
  };
  if (Object.keys(content).length > 0) repository.commit(content, 'first');
  return repository;
}

/** A hash over every path, mode, link target and byte below a folder, `.git` included. Times do not count. */
export function hashFolder(folder: string): string {
  const hash = createHash('sha256');
  const visit = (path: string) => {
    for (const name of readdirSync(path).sort()) {
      const place = join(path, name);
      const found = lstatSync(place);
      hash.update(`${place.slice(folder.length)}\0${found.mode}\0`);
      if (found.isDirectory()) visit(place);
      else if (found.isSymbolicLink()) hash.update(readlinkSync(place));
      else if (found.isFile()) hash.update(readFileSync(place));
    }
  };
  visit(folder);
  return hash.digest('hex');
}
