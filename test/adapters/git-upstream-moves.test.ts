import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openRepository } from '../../daemon/adapters/git/open-repository.ts';
import { hashFolder, runGit } from '../support/repository.ts';
import { type Fixture, IDENTITY, never, setUp } from './git-support.ts';

let cleanUps: (() => void)[] = [];
const start = async (...args: Parameters<typeof setUp>) => {
  const fixture = await setUp(...args);
  cleanUps.push(fixture.cleanUp);
  return fixture;
};
afterEach(() => {
  for (const cleanUp of cleanUps) cleanUp();
  cleanUps = [];
});

const landHere = async ({ repository, change, main }: Fixture, content: Record<string, string> = { 'a.txt': 'landed\n' }) => {
  const to = await change(content);
  expect(await repository.moveMain({ from: main, to })).toEqual({ end: 'moved' });
  return to;
};
const mainOf = ({ repository }: Fixture) => repository.head('refs/heads/main');

test('LDG-05 when git has no room to move main, the two have not "gone different ways": it is a fault, and done as soon as there is room', async () => {
  const fixture = await start();
  const { person, repository } = fixture;
  const theirs = person.commit({ 'b.txt': 'theirs\n' });
  const log = join(repository.gitDir, 'logs/refs/heads/main');
  rmSync(log, { recursive: true, force: true });
  mkdirSync(join(log, 'full'), { recursive: true });
  writeFileSync(join(log, 'full', 'x'), '');
  for (const _try of [1, 2]) await expect(repository.syncFromUpstream(never)).rejects.toThrow('could not be');
  expect(await mainOf(fixture)).toBe(fixture.main);
  rmSync(log, { recursive: true });
  expect(await repository.syncFromUpstream(never)).toEqual({ state: 'in_step', main: theirs, movedFrom: fixture.main });
});

describe('a main that was rewritten', () => {
  test('a commit that was amended after it came here is not followed, and pushing the old one forward again ends it', async () => {
    const fixture = await start();
    const { person, repository } = fixture;
    const taken = person.commit({ 'b.txt': 'taken\n' });
    await repository.syncFromUpstream(never);
    person.git('commit', '-q', '--amend', '-m', 'said differently');
    const rewritten = { state: 'diverged', ours: 1, theirs: 1, commit: person.tip(), rewritten: true };
    expect(await repository.syncFromUpstream(never)).toEqual({ ...rewritten, main: taken });
    // It is derived from what is in git, so a second look and a restarted daemon say the same.
    expect(await repository.syncFromUpstream(never)).toEqual({ ...rewritten, main: taken });
    expect(await fixture.reopen().syncFromUpstream(never)).toEqual({ ...rewritten, main: taken });
    person.git('reset', '-q', '--hard', taken);
    const further = person.commit({ 'c.txt': 'c\n' });
    expect(await repository.syncFromUpstream(never)).toEqual({ state: 'in_step', main: further, movedFrom: taken });
  });

  test('a merge of ours that was dropped there is never put back by itself', async () => {
    const fixture = await start();
    const { person, repository } = fixture;
    const ours = await landHere(fixture);
    expect(await repository.bringUpstreamAlong(never)).toMatchObject({ state: 'in_step', checkout: 'updated' });
    expect(person.tip()).toBe(ours);
    person.git('reset', '-q', '--hard', fixture.main);
    const before = hashFolder(person.folder);
    const dropped = { state: 'diverged', ours: 1, theirs: 0, commit: fixture.main, rewritten: true };
    expect(await repository.syncFromUpstream(never)).toEqual({ ...dropped, main: ours });
    expect(await repository.bringUpstreamAlong(never)).toEqual({ ...dropped, checkout: 'none' });
    expect(hashFolder(person.folder)).toBe(before);
    expect(await mainOf(fixture)).toBe(ours);
  });

  test('taken over, main is exactly theirs, and what it was is kept', async () => {
    const fixture = await start();
    const { person, repository } = fixture;
    const ours = await landHere(fixture);
    await repository.bringUpstreamAlong(never);
    person.git('reset', '-q', '--hard', fixture.main);
    const theirs = person.commit({ 'b.txt': 'instead\n' });
    await repository.syncFromUpstream(never);
    expect(await repository.takeOverMain({ from: fixture.main, to: theirs })).toEqual({ end: 'main_moved', main: ours });
    expect(await repository.takeOverMain({ from: ours, to: theirs })).toEqual({ end: 'moved' });
    expect(await repository.takeOverMain({ from: ours, to: theirs })).toEqual({ end: 'moved' });
    expect(await repository.syncFromUpstream(never)).toEqual({ state: 'in_step', main: theirs });
    expect(await repository.arrived()).toBe(theirs);
    expect(await repository.head(`refs/codex-builder/kept/${ours}`)).toBe(ours);
    expect(person.tip()).toBe(theirs);
  });

  test('commits that we never took up may be rewritten at will: a rebase onto our main is followed', async () => {
    const fixture = await start();
    const { person, repository } = fixture;
    const ours = await landHere(fixture);
    person.commit({ 'b.txt': 'theirs\n' });
    expect(await repository.syncFromUpstream(never)).toMatchObject({ state: 'diverged', rewritten: false });
    person.git('pull', '-q', '--rebase', repository.gitDir, 'main');
    expect(await repository.syncFromUpstream(never)).toEqual({ state: 'in_step', main: person.tip(), movedFrom: ours });
  });
});

describe('what arrived', () => {
  test('is what they made and main took up, not what we made and they have', async () => {
    const fixture = await start();
    const { person, repository } = fixture;
    expect(await repository.arrived()).toBeUndefined();
    await landHere(fixture);
    await repository.bringUpstreamAlong(never);
    await repository.syncFromUpstream(never);
    expect(await repository.arrived()).toBeUndefined();
    const theirs = person.commit({ 'b.txt': 'theirs\n' });
    await repository.syncFromUpstream(never);
    expect(await repository.arrived()).toBe(theirs);
  });

  test('the commits between are listed newest first, without one that both have', async () => {
    const { main, person, repository } = await start();
    const one = person.commit({ 'b.txt': '1' }, 'Grüße: first');
    const two = person.commit({ 'b.txt': '2' }, 'second\n\nwith a body');
    await repository.syncFromUpstream(never);
    const lines = await repository.commitsBetween(main, two, 10);
    expect(lines).toMatchObject([
      { commit: two, parents: [one], subject: 'second', committer: 'person@example.test' },
      { commit: one, parents: [main], subject: 'Grüße: first' },
    ]);
    expect(Math.abs(lines[0]!.at - Date.now())).toBeLessThan(600_000);
    expect(await repository.commitsBetween(undefined, two, 2)).toHaveLength(2);
    expect(await repository.commitsBetween(two, main, 10)).toEqual([]);
  });
});

describe('a sync merge', () => {
  const build = ({ repository }: Fixture, ours: string, theirs: string) =>
    repository.buildSync({ ours, theirs, message: 'Merge main of your repository\n', identity: IDENTITY });

  test('has both mains as parents, is the same each time, and lands by compare-and-swap', async () => {
    const fixture = await start();
    const { person, repository } = fixture;
    const ours = await landHere(fixture);
    const theirs = person.commit({ 'b.txt': 'theirs\n' });
    await repository.syncFromUpstream(never);
    const built = await build(fixture, ours, theirs);
    if (built.end !== 'built') throw new Error('it conflicts');
    expect(await build(fixture, ours, theirs)).toEqual(built);
    expect(await mainOf(fixture)).toBe(ours);
    expect(await repository.landSync({ from: fixture.main, theirs, to: built.commit })).toEqual({ end: 'main_moved', main: ours });
    expect(await repository.landSync({ from: ours, theirs, to: built.commit })).toEqual({ end: 'moved' });
    expect(await repository.landSync({ from: ours, theirs, to: built.commit })).toEqual({ end: 'moved' });
    expect(await repository.arrived()).toBe(theirs);
    expect(await repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'updated' });
    expect(person.git('rev-parse', 'main^1', 'main^2').split('\n')).toEqual([ours, theirs]);
    expect(person.git('show', 'main:a.txt', 'main:b.txt')).toBe('landed\ntheirs');
    expect(person.git('status', '--porcelain')).toBe('');
  });

  test('names the files that both changed', async () => {
    const fixture = await start();
    const ours = await landHere(fixture, { 'a.txt': 'ours\n' });
    const theirs = fixture.person.commit({ 'a.txt': 'theirs\n' });
    await fixture.repository.syncFromUpstream(never);
    expect(await build(fixture, ours, theirs)).toEqual({ end: 'conflict', paths: ['a.txt'] });
  });
});

test('a clone without a checkout (git clone -n) is brought along, and stays without one', async () => {
  const fixture = await start();
  const { person, root, repository } = fixture;
  renameSync(person.folder, `${person.folder}-origin`);
  runGit(root, ['clone', '-q', '-n', `${person.folder}-origin`, person.folder]);
  const ours = await landHere(fixture);
  expect(await repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'none' });
  expect(person.tip()).toBe(ours);
  expect(runGit(root, ['-C', person.folder, 'ls-files'])).toBe('');
  runGit(person.folder, ['checkout', '-q', '-f', 'main']);
  rmSync(join(person.folder, '.git/index'));
  const next = await fixture.change({ 'b.txt': 'again\n' }, { base: ours });
  await repository.moveMain({ from: ours, to: next });
  const before = hashFolder(person.folder);
  expect(await repository.bringUpstreamAlong(never)).toMatchObject({ checkout: 'left', why: expect.stringContaining('no index') });
  expect(hashFolder(person.folder)).toBe(before);
});

test('a disk error in the middle of theirs is said, and thrown at nobody', async () => {
  const fixture = await start();
  await landHere(fixture);
  const index = join(fixture.person.folder, '.git/index');
  rmSync(index);
  mkdirSync(index);
  writeFileSync(join(index, 'in-the-way'), '');
  expect(await fixture.repository.bringUpstreamAlong(never)).toMatchObject({
    state: 'ahead',
    checkout: 'left',
    why: expect.stringMatching(/./),
  });
});

test('a main that stands where it stood is not fetched again', async () => {
  const { person, repository, main } = await start();
  // It can be looked at, and cannot be fetched.
  person.git('config', 'transfer.hideRefs', 'refs/heads/main');
  expect(await repository.syncFromUpstream(never)).toEqual({ state: 'in_step', main });
  person.commit({ 'b.txt': 'more\n' });
  expect(await repository.syncFromUpstream(never)).toMatchObject({ state: 'offline', main });
});

test('a remote that does not answer is left alone for a while, longer each time, and is asked again after that', async () => {
  const fixture = await start();
  const bare = join(fixture.root, 'remote.git');
  runGit(fixture.root, ['clone', '-q', '--bare', fixture.person.folder, bare]);
  let elapsed = 0;
  const repository = openRepository({
    upstream: { kind: 'remote', url: `file://${bare}` },
    gitDir: join(fixture.root, 'other/control.git'),
    indexFolder: join(fixture.root, 'other/index'),
    mainBranch: 'main',
    clock: { now: Date.now, elapsed: () => elapsed, after: () => () => {} },
    log: () => {},
    env: { path: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
  expect(await repository.open()).toMatchObject({ ok: true });
  const state = async () => (await repository.syncFromUpstream(never)).state;
  expect(await state()).toBe('in_step');
  renameSync(bare, `${bare}-gone`);
  expect(await state()).toBe('offline');
  renameSync(`${bare}-gone`, bare);
  expect(await state()).toBe('offline');
  elapsed = 30_000;
  expect(await state()).toBe('in_step');
  renameSync(bare, `${bare}-gone`);
  for (let at = 0; at < 8; at++) {
    elapsed += 300_000;
    expect(await state()).toBe('offline');
  }
  renameSync(`${bare}-gone`, bare);
  elapsed += 299_999;
  expect(await state()).toBe('offline');
  elapsed += 1;
  expect(await state()).toBe('in_step');
});
