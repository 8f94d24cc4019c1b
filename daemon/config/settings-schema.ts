import * as z from 'zod/mini';
import { Settings } from './settings.ts';
import { SETTINGS_HELP } from './settings-help.ts';

type Json = { [key: string]: unknown };

/** Where the daemon serves the schema; `$schema` of a settings file names it. Not on the network: an editor asks this machine. */
export const SCHEMA_PATH = '/codex/codex-builder.schema.json';

/** What zod's refinements mean, in words a JSON Schema has. */
const EXACTLY_ONE: Readonly<Record<string, readonly [string, string]>> = {
  preview: ['command', 'static'],
  deploy: ['start', 'static'],
};

/** The JSON Schema of `codex-builder.jsonc`, described key by key. Draft 7, which every editor knows. */
export function settingsSchema(): Json {
  const schema = z.toJSONSchema(Settings, { io: 'input', target: 'draft-7' }) as Json;
  describe(schema, '');
  // For editors: this file has comments, and the loader takes a comma too many.
  return { ...schema, title: 'codex-builder.jsonc', allowTrailingCommas: true };
}

/** The schema as it is checked in and served. */
export function settingsSchemaText(): string {
  return `${JSON.stringify(settingsSchema(), null, 2)}\n`;
}

/** Every key of the schema by its path, for the test that none goes without help. */
export function pathsOf(schema: Json, path = ''): readonly string[] {
  return [path, ...childrenOf(schema, path).flatMap(([child, at]) => pathsOf(child, at))];
}

function describe(schema: Json, path: string): void {
  const help = SETTINGS_HELP[path];
  if (help !== undefined && !path.endsWith('[]')) schema['description'] = help;
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  const one = EXACTLY_ONE[path];
  if (one !== undefined) schema['oneOf'] = one.map((key) => ({ required: [key] }));
  for (const [child, at] of childrenOf(schema, path)) describe(child, at);
}

function childrenOf(schema: Json, path: string): readonly (readonly [Json, string])[] {
  const inside = (key: string) => (path === '' ? key : `${path}.${key}`);
  const properties = Object.entries((schema['properties'] as Record<string, Json> | undefined) ?? {});
  const { items, additionalProperties: more, anyOf } = schema as { items?: Json; additionalProperties?: Json | boolean; anyOf?: Json[] };
  return [
    ...properties.map(([key, child]) => [child, inside(key)] as const),
    ...(items === undefined ? [] : [[items, `${path}[]`] as const]),
    ...(typeof more === 'object' ? [[more, inside('*')] as const] : []),
    ...(anyOf ?? []).map((child) => [child, path] as const),
  ];
}
