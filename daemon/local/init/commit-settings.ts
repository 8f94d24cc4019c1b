import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Obstacle, PersonsRepository } from './persons-repository.ts';

export const SETTINGS_FILE = 'codex-builder.jsonc';
const MESSAGE = 'Settings for Codex Builder';

/** What keeps a commit of one file from main; undefined when nothing does. */
export async function whatIsInTheWay({ git, top }: PersonsRepository): Promise<Obstacle | undefined> {
  const at = `git -C ${top}`;
  const head = await git('symbolic-ref', '--quiet', '--short', 'HEAD');
  const branch = head.text.trim();
  if ((await git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}')).code !== 0)
    return { detail: `${top} has no commit yet.`, remedy: `Commit the app first: ${at} add -A && ${at} commit -m "The app"` };
  if ((await git('rev-parse', '--verify', '--quiet', 'refs/heads/main^{commit}')).code !== 0) {
    const others = (await git('for-each-ref', '--count=3', '--format=%(refname:short)', 'refs/heads')).text.trim().split('\n');
    const has = others[0] === '' ? '' : ` (it has ${others.join(', ')})`;
    return {
      detail: `${top} has no branch called main${has}.`,
      remedy: branch === '' ? `Make one: ${at} switch -c main` : `Rename yours: ${at} branch -m ${branch} main`,
    };
  }
  if (branch === '') return { detail: `${top} has a commit checked out and no branch.`, remedy: `Go to main: ${at} switch main` };
  if (branch !== 'main')
    return { detail: `${top} has ${branch} checked out; settings are read from main.`, remedy: `Go to main: ${at} switch main` };
  if (await isInTheMiddle(git))
    return { detail: `A merge, rebase or cherry-pick is under way in ${top}.`, remedy: 'Finish it or abort it, then run init again.' };
  if ((await git('diff', '--cached', '--quiet')).code !== 0)
    return {
      detail: `There are staged changes in ${top}, which are not init's to commit.`,
      remedy: `Commit them, or unstage them: ${at} restore --staged .`,
    };
  if ((await git('-c', 'user.useConfigOnly=true', 'var', 'GIT_COMMITTER_IDENT')).code !== 0)
    return {
      detail: `git does not know who you are, so nothing can be committed in your name.`,
      remedy: `Say it: ${at} config user.name "Your Name" && ${at} config user.email you@example.com`,
    };
  if ((await git('check-ignore', '--quiet', SETTINGS_FILE)).code === 0)
    return {
      detail: `${SETTINGS_FILE} is ignored in ${top}.`,
      remedy: `Take it out of .gitignore; ${at} check-ignore -v ${SETTINGS_FILE} says where it stands.`,
    };
  return undefined;
}

/** Writes the file where none is yet. */
export function writeSettings(top: string, text: string): void {
  writeFileSync(join(top, SETTINGS_FILE), text, { flag: 'wx' });
}

/**
 * Writes the file and commits it alone, as the person: their identity, their hooks, their signature. When that is refused the
 * repository is as it was.
 */
export async function commitSettings(
  repository: PersonsRepository,
  text: string,
): Promise<{ ok: true; commit: string } | ({ ok: false } & Obstacle)> {
  const { git, top } = repository;
  writeSettings(top, text);
  const added = await git('add', '--', SETTINGS_FILE);
  const committed =
    added.code === 0
      ? await git('-c', 'user.useConfigOnly=true', 'commit', '--quiet', '--only', '-m', MESSAGE, '--', SETTINGS_FILE)
      : added;
  if (committed.code === 0) return { ok: true, commit: (await git('rev-parse', 'HEAD')).text.trim() };
  await git('reset', '--quiet', '--', SETTINGS_FILE);
  if (existsSync(join(top, SETTINGS_FILE))) rmSync(join(top, SETTINGS_FILE));
  const said = [committed.text, committed.error].join('\n').trim().split('\n').slice(-12).join('\n  ');
  return {
    ok: false,
    detail: `git refused the commit, so nothing was written:\n  ${said || `exit code ${committed.code}`}`,
    remedy: 'Your hooks run and are never skipped: mend what they say. Or run init without --yes, then commit the file yourself.',
  };
}

async function isInTheMiddle(git: PersonsRepository['git']): Promise<boolean> {
  const heads = await Promise.all(
    ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD'].map((ref) => git('rev-parse', '--verify', '--quiet', ref)),
  );
  if (heads.some(({ code }) => code === 0)) return true;
  const folders = await Promise.all(
    ['rebase-merge', 'rebase-apply'].map((name) => git('rev-parse', '--path-format=absolute', '--git-path', name)),
  );
  return folders.some(({ text }) => existsSync(text.trim()));
}
