import type { AppView } from './app-view.ts';

/** How an app is brought to listen: by a command, as a folder of files, or in a way only a person can name. */
export type Start =
  | { command: string }
  | { static: string; fallback?: string }
  /** Commands that may be meant, and why none was taken. */
  | { unknown: string; alternatives: readonly string[] };

/** What a detector says of an app that it knows. */
export interface Serving {
  /** Name of the framework. */
  name: string;
  /** Where it was seen. */
  from: string;
  build?: { command: string; from: string };
  start: Start;
  /** Where it was seen, or how it comes to listen on 127.0.0.1:$PORT: a line of its own in the file. */
  startSaid: string;
  /** When the preview is better started in another way than production. */
  preview?: { start: Start; said: string; isBuilt?: boolean };
  /** Variables for build and start, in previews and in production. */
  env?: Readonly<Record<string, string>>;
  /** What else a person should know, beside the start. */
  notes?: readonly string[];
  /** What goes with a toolchain that is not Node's. */
  setup?: { command: string; from: string; keep?: readonly string[]; inputs?: readonly string[]; note?: string };
  migrate?: { command: string; from: string };
  checks?: readonly { name: string; command: string; from: string }[];
  /** Pages come from files, so nothing but `/` tells whether it is well. */
  isStatic?: boolean;
}

/** Knows one framework, or a family of them; undefined when the app is not of it. */
export type Detector = (app: AppView) => Serving | undefined;

/** Where a dependency was seen, as a comment says it. */
export function seenIn(app: AppView, dependency: string): string {
  const kind = dependency in (app.manifest?.dependencies ?? {}) ? 'dependencies' : 'devDependencies';
  return `"${dependency}" in ${kind} of package.json`;
}

/** The app's own build script where it has one, else the framework's program. */
export function buildOf(app: AppView, program: string): { command: string; from: string } {
  return app.script('build') === undefined
    ? { command: program, from: 'the framework; package.json has no scripts.build' }
    : { command: app.run('build'), from: 'package.json scripts.build' };
}

/** Text of the first of these files, comments taken out, and its name. */
export function configOf(app: AppView, ...names: readonly string[]): { path: string; text: string } | undefined {
  const path = app.first(...names);
  const text = path === undefined ? undefined : app.read(path);
  return path === undefined || text === undefined ? undefined : { path, text: withoutComments(text) };
}

/** Names of a configuration file in each of the endings that JavaScript has. */
export function scriptNames(name: string): readonly string[] {
  return ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'].map((ending) => `${name}.${ending}`);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
}
