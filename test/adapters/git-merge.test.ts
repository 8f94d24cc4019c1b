import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { runGit } from '../support/repository.ts';
import { type Fixture, IDENTITY, locksIn, RUN, setUp } from './git-support.ts';

let open: Fixture[] = [];
const start = async (...args: Parameters<typeof setUp>) => {
  const fixture = await setUp(...args);
  open.push(fixture);
  return fixture;
};
afterEach(() => {
  for (const fixture of open) fixture.cleanUp();
  open = [];
});

const CAND = 'cand_00000000000000000000000001';
const REL = 'rel_00000000000000000000000001';
const build = ({ repository }: Fixture, main: string, head: string) =>
  repository.buildCandidate({ candidateId: CAND, runId: RUN, main, head, message: 'Merge\n', identity: IDENTITY });
const built = async (fixture: Fixture, main: string, head: string) => {
  const candidate = await build(fixture, main, head);
  if (candidate.end !== 'built') throw new Error(JSON.stringify(candidate));
  return candidate;
};
/** Somebody else lands something: main moves to a new commit. */
const moveMain = async (fixture: Fixture, file: string, text = 'x\n') => {
  const main = (await fixture.repository.head('refs/heads/main'))!;
  const runId = `run_other_${file.replace(/\W/g, '')}`;
  const to = await fixture.change({ [file]: text }, { base: main, runId });
  expect(await fixture.repository.moveMain({ from: main, to })).toEqual({ end: 'moved' });
  return to;
};

describe('candidate', () => {
  test('is a two-parent merge of exactly that head into exactly that main, the same hash each time', async () => {
    const fixture = await start();
    const head = await fixture.change({ 'a.txt': 'one\nTWO\nthree\n' });
    const main = await moveMain(fixture, 'c.txt');
    const first = await built(fixture, main, head);
    const second = await built(fixture, main, head);
    expect(second).toEqual(first);
    const git = (...args: string[]) => runGit('/', ['--git-dir', fixture.repository.gitDir, ...args]);
    expect(git('rev-parse', `${first.commit}^1`)).toBe(main);
    expect(git('rev-parse', `${first.commit}^2`)).toBe(head);
    expect(git('rev-parse', `${first.commit}^{tree}`)).toBe(first.tree);
    expect(git('rev-parse', `refs/codex-builder/candidate/${CAND}`)).toBe(first.commit);
    expect(await fixture.repository.readFile(first.commit, 'a.txt')).toBe('one\nTWO\nthree\n');
    expect(await fixture.repository.readFile(first.commit, 'c.txt')).toBe('x\n');
    expect(await fixture.repository.head('refs/heads/main')).toBe(main);
    await fixture.repository.deleteCandidate(CAND);
    await fixture.repository.deleteCandidate(CAND);
    expect(await fixture.repository.head(`refs/codex-builder/candidate/${CAND}`)).toBeUndefined();
  });

  test('a conflict names its files and main does not move', async () => {
    const fixture = await start();
    const head = await fixture.change({ 'a.txt': 'one\nmine\nthree\n', 'b.txt': 'mine\n', 'new.txt': 'n\n' });
    const main = await moveMain(fixture, 'a.txt', 'one\ntheirs\nthree\n');
    expect(await build(fixture, main, head)).toEqual({ end: 'conflict', paths: ['a.txt'] });
    expect(await fixture.repository.head('refs/heads/main')).toBe(main);
    expect(await fixture.repository.head(`refs/codex-builder/candidate/${CAND}`)).toBeUndefined();
  });

  test('an object that does not exist is not taken for a conflict', async () => {
    const fixture = await start();
    await expect(build(fixture, fixture.main, 'f'.repeat(40))).rejects.toThrow();
  });

  test('a head that main has already is already merged', async () => {
    const fixture = await start();
    const to = await moveMain(fixture, 'c.txt');
    expect(await build(fixture, to, fixture.main)).toEqual({ end: 'already_merged' });
  });

  test('a file that the approved diff does not touch is not landed with it', async () => {
    const fixture = await start({ 'old.txt': 'one\ntwo\nthree\nfour\nfive\nsix\n' });
    const head = await fixture.change({ 'old.txt': 'one\ntwo\nthree\nfour\nfive\nSIX\n' });
    const main = await fixture.change({ 'old.txt': null, 'renamed.txt': 'one\ntwo\nthree\nfour\nfive\nsix\n' }, { runId: 'run_renamer' });
    await fixture.repository.moveMain({ from: fixture.main, to: main });
    expect(await build(fixture, main, head)).toEqual({ end: 'extra_files', paths: ['renamed.txt'] });
  });

  test('GIT-15: no identifier is read as a revision, a path or an option', async () => {
    const fixture = await start();
    for (const odd of ['--upload-pack=x', '-x', '@{-1}', 'refs/../..', 'main', 'x'.repeat(300), '🙂', 'a.lock', 'HEAD', '../x', '']) {
      await expect(build(fixture, fixture.main, odd)).rejects.toThrow('not a full object name');
      if (!/^\w+$/.test(odd) || odd.length > 99) await expect(fixture.repository.deleteCandidate(odd)).rejects.toThrow('not an identifier');
      if (odd !== 'main') expect(await fixture.repository.head(odd)).toBeUndefined();
      expect(await fixture.repository.head(`refs/heads/${odd}/..`)).toBeUndefined();
    }
    await expect(fixture.repository.readFile('HEAD', 'a.txt')).rejects.toThrow();
    expect(await fixture.repository.readFile(fixture.main, '../a.txt')).toBeUndefined();
    expect(await fixture.repository.readFile(fixture.main, ':(glob)*')).toBeUndefined();
  });
});

describe('land', () => {
  test('moves main to the candidate and sets the release ref; a repeat answers the same', async () => {
    const fixture = await start();
    const head = await fixture.change({ 'c.txt': 'c\n' });
    const candidate = await built(fixture, fixture.main, head);
    const request = { runId: RUN, head, from: fixture.main, candidate: candidate.commit, releaseId: REL };
    expect(await fixture.repository.land(request)).toEqual({ end: 'landed' });
    expect(await fixture.repository.head('refs/heads/main')).toBe(candidate.commit);
    expect(await fixture.repository.head(`refs/codex-builder/release/${REL}`)).toBe(candidate.commit);
    expect(await fixture.repository.land(request)).toEqual({ end: 'landed' });
    await moveMain(fixture, 'd.txt');
    expect(await fixture.reopen().land(request)).toEqual({ end: 'landed' });
  });

  test('GIT-17 DEP-04: with a moved main it changes nothing', async () => {
    const fixture = await start();
    const head = await fixture.change({ 'c.txt': 'c\n' });
    const candidate = await built(fixture, fixture.main, head);
    const main = await moveMain(fixture, 'd.txt');
    const request = { runId: RUN, head, from: fixture.main, candidate: candidate.commit, releaseId: REL };
    expect(await fixture.repository.land(request)).toEqual({ end: 'main_moved', main });
    expect(await fixture.repository.head('refs/heads/main')).toBe(main);
    expect(await fixture.repository.head(`refs/codex-builder/release/${REL}`)).toBeUndefined();
  });

  test('LDG-05 CRS-04 when git moved main and then found no room for the rest, main has not "moved away": the next try finishes it', async () => {
    const fixture = await start();
    const head = await fixture.change({ 'c.txt': 'c\n' });
    const candidate = await built(fixture, fixture.main, head);
    const request = { runId: RUN, head, from: fixture.main, candidate: candidate.commit, releaseId: REL };
    // git writes one ref after the other; the log of the last one cannot be written, as on a disk that is full by then.
    const inTheWay = join(fixture.repository.gitDir, 'logs', 'refs/codex-builder/release', REL);
    mkdirSync(inTheWay, { recursive: true });
    writeFileSync(join(inTheWay, 'full'), '');
    await expect(fixture.repository.land(request)).rejects.toThrow('refs could not be changed');
    expect(await fixture.repository.head('refs/heads/main'), 'main moved before it failed').toBe(candidate.commit);
    await expect(fixture.repository.land(request)).rejects.toThrow('could not be changed');
    rmSync(inTheWay, { recursive: true });
    expect(await fixture.repository.land(request)).toEqual({ end: 'landed' });
    expect(await fixture.repository.head(`refs/codex-builder/release/${REL}`)).toBe(candidate.commit);
  });

  test('with a moved branch it leaves main alone', async () => {
    const fixture = await start();
    const head = await fixture.change({ 'c.txt': 'c\n' });
    const candidate = await built(fixture, fixture.main, head);
    const later = await fixture.change({ 'c.txt': 'other\n' });
    const request = { runId: RUN, head, from: fixture.main, candidate: candidate.commit, releaseId: REL };
    expect(await fixture.repository.land(request)).toEqual({ end: 'branch_moved', head: later });
    expect(await fixture.repository.head('refs/heads/main')).toBe(fixture.main);
    expect(await fixture.repository.head(`refs/codex-builder/release/${REL}`)).toBeUndefined();
  });

  test('refuses a commit that is not the merge of that head into that main', async () => {
    const fixture = await start();
    const head = await fixture.change({ 'c.txt': 'c\n' });
    await expect(fixture.repository.land({ runId: RUN, head, from: fixture.main, candidate: head, releaseId: REL })).rejects.toThrow();
    expect(await fixture.repository.head('refs/heads/main')).toBe(fixture.main);
  });

  test('two runs that land at once: one lands, the other is told that main moved', async () => {
    const fixture = await start();
    const heads = [
      await fixture.change({ 'x.txt': 'x\n' }, { runId: 'run_x' }),
      await fixture.change({ 'y.txt': 'y\n' }, { runId: 'run_y' }),
    ];
    const candidates = await Promise.all(
      heads.map((head, index) =>
        fixture.repository.buildCandidate({
          candidateId: `cand_${index}`,
          runId: 'r',
          main: fixture.main,
          head,
          message: 'm',
          identity: IDENTITY,
        }),
      ),
    );
    const outcomes = await Promise.all(
      candidates.map((candidate, index) =>
        fixture.repository.land({
          runId: ['run_x', 'run_y'][index]!,
          head: heads[index]!,
          from: fixture.main,
          candidate: candidate.end === 'built' ? candidate.commit : '',
          releaseId: `rel_${index}`,
        }),
      ),
    );
    expect(outcomes.map((outcome) => outcome.end).sort()).toEqual(['landed', 'main_moved']);
  });

  test('a lock that a killed git left on main or the branch does not stop it', async () => {
    const fixture = await start();
    const head = await fixture.change({ 'c.txt': 'c\n' });
    const candidate = await built(fixture, fixture.main, head);
    for (const name of ['HEAD.lock', 'refs/heads/main.lock', `refs/heads/codex/run-${RUN}.lock`])
      writeFileSync(join(fixture.repository.gitDir, name), '');
    const request = { runId: RUN, head, from: fixture.main, candidate: candidate.commit, releaseId: REL };
    expect(await fixture.repository.land(request)).toEqual({ end: 'landed' });
    expect(locksIn(fixture.repository.gitDir)).toEqual([]);
  });
});

describe('undo and restore', () => {
  const land = async (fixture: Fixture, files: Record<string, string>, number: number) => {
    const main = (await fixture.repository.head('refs/heads/main'))!;
    const runId = `run_${number}`;
    const head = await fixture.change(files, { base: main, runId });
    const candidate = await fixture.repository.buildCandidate({
      candidateId: `cand_${number}`,
      runId,
      main,
      head,
      message: 'm',
      identity: IDENTITY,
    });
    if (candidate.end !== 'built') throw new Error(candidate.end);
    await fixture.repository.land({ runId, head, from: main, candidate: candidate.commit, releaseId: `rel_${number}` });
    return candidate.commit;
  };

  test('takes one merge back and keeps what landed after it', async () => {
    const fixture = await start();
    const first = await land(fixture, { 'a.txt': 'one\nTWO\nthree\n' }, 1);
    const second = await land(fixture, { 'b.txt': 'later\n' }, 2);
    const request = { commit: first, main: second, message: 'Undo', identity: IDENTITY };
    const undo = await fixture.repository.buildUndo(request);
    if (undo.end !== 'built') throw new Error(undo.end);
    expect(await fixture.repository.buildUndo(request)).toEqual(undo);
    expect(await fixture.repository.moveMain({ from: second, to: undo.commit })).toEqual({ end: 'moved' });
    expect(await fixture.repository.moveMain({ from: second, to: undo.commit })).toEqual({ end: 'moved' });
    expect(await fixture.repository.readFile(undo.commit, 'a.txt')).toBe('one\ntwo\nthree\n');
    expect(await fixture.repository.readFile(undo.commit, 'b.txt')).toBe('later\n');
    expect(await fixture.repository.buildUndo({ ...request, main: undo.commit })).toEqual({ end: 'nothing_to_undo' });
  });

  test('says the files when what landed later is in the way', async () => {
    const fixture = await start();
    const first = await land(fixture, { 'a.txt': 'one\nTWO\nthree\n' }, 1);
    const second = await land(fixture, { 'a.txt': 'one\nTWO and more\nthree\n' }, 2);
    const undo = await fixture.repository.buildUndo({ commit: first, main: second, message: 'Undo', identity: IDENTITY });
    expect(undo).toEqual({ end: 'conflict', paths: ['a.txt'] });
  });

  test('restores what an earlier release was, and keeps what came to main since', async () => {
    const fixture = await start();
    const first = await land(fixture, { 'a.txt': 'first\n' }, 1);
    const second = await land(fixture, { 'a.txt': 'second\n', 'c.txt': 'c\n' }, 2);
    const request = { target: first, left: second, main: second, message: 'Restore', identity: IDENTITY };
    const restored = await fixture.repository.buildRestore(request);
    if (restored.end !== 'built') throw new Error(restored.end);
    expect(await fixture.repository.treeOf(restored.commit)).toBe(await fixture.repository.treeOf(first));
    expect(await fixture.repository.isAncestor(second, restored.commit)).toBe(true);
    expect(await fixture.repository.buildRestore({ ...request, main: restored.commit })).toEqual({ end: 'nothing_to_undo' });

    const main = await moveMain(fixture, 'b.txt', 'since\n');
    const onTop = await fixture.repository.buildRestore({ ...request, main });
    if (onTop.end !== 'built') throw new Error(onTop.end);
    expect(await fixture.repository.readFile(onTop.commit, 'b.txt')).toBe('since\n');
    expect(await fixture.repository.readFile(onTop.commit, 'a.txt')).toBe('first\n');
  });

  test('moving main from where it is not changes nothing', async () => {
    const fixture = await start();
    const to = await fixture.change({ 'c.txt': 'c\n' }, { runId: 'run_c' });
    const main = await moveMain(fixture, 'd.txt');
    expect(await fixture.repository.moveMain({ from: fixture.main, to })).toEqual({ end: 'main_moved', main });
    expect(await fixture.repository.head('refs/heads/main')).toBe(main);
  });
});
