import { findAppFolder } from './app-folder.ts';
import { type AppView, viewApp } from './app-view.ts';
import { type FoundCheck, findChecks } from './checks.ts';
import type { Contents } from './contents.ts';
import { type FoundData, findData } from './data.ts';
import { recognise } from './frameworks/all.ts';
import { type FoundHealth, findHealth } from './health.ts';
import type { Serving } from './serving.ts';
import { type FoundSetup, findSetup, findVariables } from './setup.ts';

/** Everything that was guessed of an app, each with where it was seen. */
export interface Guess {
  folder: { path: string; from: string; others: readonly string[] };
  serving: Serving;
  setup: FoundSetup | undefined;
  checks: readonly FoundCheck[];
  /** Scripts that look like checks, and why they were left out. */
  leftOut: readonly string[];
  health: FoundHealth;
  data: FoundData;
  variables: { names: readonly string[]; from: string } | undefined;
  /** What only a person can say; the file cannot work before. */
  unknown: readonly { key: 'preview' | 'deploy'; why: string; alternatives: readonly string[] }[];
}

/** Looks at what a repository holds. `asked` is the folder that was named, from the root; `.` leaves the choice. */
export function guessSettings(contents: Contents, asked = '.'): Guess {
  const { folder, from, others } = findAppFolder(contents, asked);
  const app = viewApp(contents, folder);
  const serving = withDatabase(withoutYarn(recognise(app), app), app);
  const fromScripts = findChecks(app);
  const own = (serving.checks ?? []).filter(({ name }) => !fromScripts.checks.some((check) => check.name === name));
  return {
    folder: { path: folder, from, others },
    serving,
    setup: findSetup(app, serving),
    checks: [...fromScripts.checks, ...own],
    leftOut: fromScripts.leftOut,
    health: findHealth(app, serving.isStatic === true),
    data: dataOf(app, serving),
    variables: findVariables(app),
    unknown: unknownOf(serving),
  };
}

/** The framework's own migration where it has one; a folder of files has no data at all. */
function dataOf(app: AppView, serving: Serving): FoundData {
  if (serving.isStatic === true) return { before: '', folders: [], notes: [] };
  const found = findData(app);
  const migrate = found.migrate ?? serving.migrate;
  return {
    ...found,
    ...(migrate === undefined ? {} : { migrate: { ...migrate, command: put(found.before, migrate.command) } }),
    ...(found.seed === undefined ? {} : { seed: { ...found.seed, command: put(found.before, found.seed.command) } }),
  };
}

/** Yarn runs the programs of an app without node_modules, and production has no Yarn: only a person can say what starts it there. */
function withoutYarn(serving: Serving, app: AppView): Serving {
  const { start } = serving;
  if (!app.manager.withoutNodeModules || !('command' in start) || !/^(?:\w+=\S*\s+)*yarn\s/.test(start.command)) return serving;
  return {
    ...serving,
    start: {
      unknown:
        'Yarn starts it, which is not there in production, and without node_modules nothing else finds its programs. ' +
        'Either set nodeLinker: node-modules in .yarnrc.yml and run init again, or name the file that node is to run',
      alternatives: [`${app.node} server.js`],
    },
    preview: serving.preview ?? { start, said: 'Yarn, which is there in previews', isBuilt: serving.build !== undefined },
  };
}

/** Tells the commands that start the app where its database is. */
function withDatabase(serving: Serving, app: AppView): Serving {
  if (serving.isStatic === true) return serving;
  const { before } = findData(app);
  const told = (start: Serving['start']) => ('command' in start ? { command: put(before, start.command) } : start);
  return {
    ...serving,
    start: told(serving.start),
    ...(serving.preview === undefined ? {} : { preview: { ...serving.preview, start: told(serving.preview.start) } }),
  };
}

/** A variable before a command; exported when the command is more than one. */
function put(before: string, command: string): string {
  if (before === '') return command;
  return /[&|;]/.test(command) ? `export ${before}; ${command}` : `${before} ${command}`;
}

function unknownOf({ start, preview }: Serving): Guess['unknown'] {
  const of = (key: 'preview' | 'deploy', given: Serving['start']) =>
    'unknown' in given ? [{ key, why: given.unknown, alternatives: given.alternatives }] : [];
  return [...of('preview', preview?.start ?? start), ...of('deploy', start)];
}
