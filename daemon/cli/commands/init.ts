import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { load } from '../../config/load.ts';
import { Settings } from '../../config/settings.ts';
import { SCHEMA_PATH } from '../../config/settings-schema.ts';
import { commitSettings, SETTINGS_FILE, whatIsInTheWay, writeSettings } from '../../local/init/commit-settings.ts';
import { type Guess, guessSettings } from '../../local/init/guess.ts';
import { type Obstacle, openPersonsRepository, type PersonsRepository } from '../../local/init/persons-repository.ts';
import { settingsText } from '../../local/init/settings-text.ts';
import { commandLine } from '../call-again.ts';
import type { Call, Environment, Handler } from '../command.ts';
import { EXIT } from '../outcome.ts';

/** Looks at a repository and writes its settings file: shown and asked for on a terminal, committed with --yes, only shown with --print. */
export const init: Handler<'init'> = async (call) => {
  const { flags, env, terminal } = call;
  const repository = await openPersonsRepository(resolve(flags.repo ?? env['CODEX_BUILDER_REPO'] ?? '.'), env);
  if (!repository.ok) return refuse(call, repository);
  const place = lstatSync(join(repository.top, SETTINGS_FILE), { throwIfNoEntry: false });
  if (place !== undefined && !place.isFile())
    return refuse(call, { detail: `${join(repository.top, SETTINGS_FILE)} is not a file.`, remedy: 'Move it away, then run init again.' });
  const existing = await existingText(repository);
  if (existing !== undefined) return judgeExisting(call, repository, existing);

  const guess = guessSettings(repository.contents, repository.asked);
  const text = settingsText(guess, schemaUrl(env));
  const loaded = load(text, Settings);
  if (!loaded.ok) throw new Error(`init wrote settings that are not valid: ${loaded.problems.join('; ')}`);

  if (flags.print === true) {
    answer(call, repository, { status: 'shown', text, guess }, () => text);
    return 0;
  }
  if (flags.yes === true) return commit(call, repository, text, guess);
  if (terminal.ask === undefined || flags.json === true) {
    answer(call, repository, { status: 'not_written', text, guess }, () => text);
    terminal.err('Nothing was written, because nobody could be asked.\nGive --yes to write and commit it, or --print to only see it.\n');
    return EXIT.refused;
  }
  terminal.out(text);
  tellUnknown(call, guess);
  if (!(await terminal.ask(`\nWrite this to ${join(repository.top, SETTINGS_FILE)}?`))) {
    terminal.err('Nothing was written.\n');
    return EXIT.refused;
  }
  writeSettings(repository.top, text);
  terminal.err(
    `Written. It counts once it is on main:\n  git -C ${repository.top} add ${SETTINGS_FILE} && git -C ${repository.top} commit -m "Settings for Codex Builder"\n${nextSteps(call)}`,
  );
  return 0;
};

async function commit(call: Call<'init'>, repository: PersonsRepository, text: string, guess: Guess): Promise<number> {
  const obstacle = await whatIsInTheWay(repository);
  if (obstacle !== undefined) return refuse(call, obstacle);
  const committed = await commitSettings(repository, text);
  if (!committed.ok) return refuse(call, committed);
  answer(
    call,
    repository,
    { status: 'committed', commit: committed.commit, text, guess },
    () => `${text}\nCommitted to main as ${committed.commit.slice(0, 10)}: ${join(repository.top, SETTINGS_FILE)}\n${nextSteps(call)}`,
  );
  tellUnknown(call, guess);
  return 0;
}

/** What stands in the checkout, else on main. */
async function existingText({ top, git }: PersonsRepository): Promise<{ text: string; onMain: 'same' | 'differs' | 'absent' } | undefined> {
  const file = join(top, SETTINGS_FILE);
  const shown = await git('cat-file', 'blob', `refs/heads/main:${SETTINGS_FILE}`);
  const onMain = shown.code === 0 ? shown.text : undefined;
  if (!existsSync(file)) return onMain === undefined ? undefined : { text: onMain, onMain: 'same' };
  const text = readFileSync(file, 'utf8');
  return { text, onMain: onMain === undefined ? 'absent' : onMain === text ? 'same' : 'differs' };
}

function judgeExisting(
  { flags, terminal }: Call<'init'>,
  { top }: PersonsRepository,
  { text, onMain }: { text: string; onMain: 'same' | 'differs' | 'absent' },
): number {
  const loaded = load(text, Settings);
  const problems = loaded.ok ? [] : loaded.problems;
  const file = join(top, SETTINGS_FILE);
  if (flags.json === true) {
    terminal.out(`${JSON.stringify({ status: 'exists', file, valid: loaded.ok, problems, onMain })}\n`);
  } else if (loaded.ok) {
    const later = {
      same: '',
      differs: 'It differs from the one on main, which is the one that counts. Commit it when it is as you want it.\n',
      absent: `It is not on main yet, where it counts: git -C ${top} add ${SETTINGS_FILE} && git -C ${top} commit\n`,
    }[onMain];
    terminal.out(`${file} is there already, and it is valid. Nothing was changed.\n${later}`);
  } else {
    const many = problems.length === 1 ? 'has a problem' : `has ${problems.length} problems`;
    terminal.err(`${file} is there already, and it ${many}:\n  ${problems.join('\n  ')}\nMend it, or remove it and run init again.\n`);
  }
  return loaded.ok ? 0 : EXIT.cannot;
}

/** What a program is told of the outcome; `status` says what happened. */
interface Outcome {
  status: 'shown' | 'not_written' | 'committed';
  commit?: string;
  text: string;
  guess: Guess;
}

function answer({ flags, terminal }: Call<'init'>, { top }: PersonsRepository, { guess, ...outcome }: Outcome, words: () => string): void {
  if (flags.json !== true) {
    terminal.out(words());
    return;
  }
  const { serving, folder, unknown } = guess;
  const said = { framework: serving.name, from: serving.from, folder: folder.path, otherFolders: folder.others, unknown };
  terminal.out(`${JSON.stringify({ ...outcome, file: join(top, SETTINGS_FILE), ...said })}\n`);
}

/** Where a person goes from here. */
function nextSteps(call: Call<'init'>): string {
  return `Then look whether this machine is ready: ${commandLine(call, 'doctor')}\nAnd start the daemon: ${commandLine(call, 'serve')}\n`;
}

function tellUnknown({ terminal }: Call<'init'>, { unknown }: Guess): void {
  if (unknown.length === 0) return;
  const keys = unknown.map(({ key }) => (key === 'deploy' ? 'deploy.start' : 'preview.command')).join(' and ');
  terminal.err(`\n${terminal.paint('yellow', 'Only you can say')} ${keys}: ${unknown[0]!.why}.\nUntil then they end at once and say so.\n`);
}

function refuse({ terminal }: Call<'init'>, { detail, remedy }: Obstacle): number {
  terminal.err(`${detail}\n${remedy}\n`);
  return EXIT.refused;
}

/** On this machine, so that it works without a network; the port is the daemon's. */
function schemaUrl(env: Environment): string {
  return `http://127.0.0.1:${env['CODEX_BUILDER_PORT'] ?? '4400'}${SCHEMA_PATH}`;
}
