import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Repository } from '../../daemon/ports.ts';
import { runGit } from '../support/repository.ts';
import { type Fixture, IDENTITY, never, setUp } from './git-support.ts';

export const LINES = Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`);
/** `a.txt` with one line replaced. */
export const edited = (number: number, text: string) => LINES.map((line, index) => (index + 1 === number ? text : line)).join('');
/** Changes line 2 of `a.txt`. */
export const A2 = '--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n line 1\n-line 2\n+TWO\n line 3\n';

/** A repository with files of many kinds, and proposals on its main. */
export interface Proposals {
  fixture: Fixture;
  main: string;
  propose(patch: string, runId?: string, repository?: Repository): ReturnType<Repository['proposePatch']>;
  /** Where the last proposal without a run of its own would be pinned. */
  lastPin(): string;
  committed(patch: string): Promise<{ commit: string; tree: string }>;
  /** Content of a file after a patch. */
  made(path: string, patch: string): Promise<string | undefined>;
  control(...args: string[]): string;
}

export async function setUpProposals(): Promise<Proposals> {
  const fixture = await setUp({
    'a.txt': LINES.join(''),
    'src/b.ts': 'one\ntwo\n\nthree\nfour\n',
    'crlf.txt': 'one\r\ntwo\r\nthree\r\n',
    'open.txt': 'one\ntwo',
    'openr.txt': 'one\r\ntwo',
    'run.sh': { text: 'echo\n', mode: 0o755 },
    'query.sql': '-- first\nSELECT 1;\n-- last\n',
    'big.txt': `head\n${'x'.repeat(30 * 1024 * 1024)}\n`,
    'keep/HEAD': 'x\n',
    same: 'same\nsame\nend\nsame\n',
  });
  symlinkSync('a.txt', join(fixture.person.folder, 'link'));
  fixture.person.commit({}, 'a link');
  const { main } = await fixture.repository.syncFromUpstream(never);
  let count = 0;
  const propose: Proposals['propose'] = (patch, runId = `run_${++count}`, repository = fixture.repository) =>
    repository.proposePatch({ runId, base: main, patch, message: 'proposal\n', identity: IDENTITY, signal: never });
  const committed: Proposals['committed'] = async (patch) => {
    const done = await propose(patch);
    if (done.end !== 'committed') throw new Error(JSON.stringify(done));
    return done;
  };
  return {
    fixture,
    main,
    propose,
    lastPin: () => `refs/codex-builder/proposal/run_${count}`,
    committed,
    made: async (path, patch) => fixture.repository.readFile((await committed(patch)).commit, path),
    control: (...args) => runGit('/', ['--git-dir', fixture.repository.gitDir, ...args]),
  };
}

/** The same numbers each time. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}
