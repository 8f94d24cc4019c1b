/** What `init` reads in a package.json. */
export interface Manifest {
  name?: string;
  main?: string;
  type?: string;
  packageManager?: string;
  scripts: Readonly<Record<string, string>>;
  dependencies: Readonly<Record<string, string>>;
  devDependencies: Readonly<Record<string, string>>;
  /** Globs of workspaces. */
  workspaces: readonly string[];
}

/** Reads the text of a package.json; undefined when it is none. */
export function readManifest(text: string | undefined): Manifest | undefined {
  const raw = text === undefined ? undefined : parsed(text);
  if (raw === undefined) return undefined;
  const workspaces = Array.isArray(raw['workspaces']) ? raw['workspaces'] : (objectAt(raw, 'workspaces')['packages'] ?? []);
  return {
    ...textAt(raw, 'name'),
    ...textAt(raw, 'main'),
    ...textAt(raw, 'type'),
    ...textAt(raw, 'packageManager'),
    scripts: textsOf(raw, 'scripts'),
    dependencies: textsOf(raw, 'dependencies'),
    devDependencies: textsOf(raw, 'devDependencies'),
    workspaces: Array.isArray(workspaces) ? workspaces.filter((each) => typeof each === 'string') : [],
  };
}

type Json = Record<string, unknown>;

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined; // a template, or torn: nothing can be read from it
  }
}

function objectAt(raw: Json, key: string): Json {
  const value = raw[key];
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function textAt<Key extends string>(raw: Json, key: Key): { [K in Key]?: string } {
  const value = raw[key];
  return typeof value === 'string' ? ({ [key]: value } as { [K in Key]: string }) : {};
}

function textsOf(raw: Json, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(objectAt(raw, key)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
