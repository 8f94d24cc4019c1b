import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SETTINGS_HELP } from '../../daemon/config/settings-help.ts';
import { pathsOf, SCHEMA_PATH, settingsSchema, settingsSchemaText } from '../../daemon/config/settings-schema.ts';

const FILE = 'daemon/config/codex-builder.schema.json';

describe('the JSON Schema of codex-builder.jsonc', () => {
  test('the checked-in file is what the settings are now; `codex-builder schema` prints it', () => {
    expect(readFileSync(join(import.meta.dirname, '../..', FILE), 'utf8')).toBe(settingsSchemaText());
  });

  test('every key has a word of help, and no help is about a key that is gone', () => {
    const paths = [...new Set(pathsOf(settingsSchema()))].filter((path) => !path.endsWith('[]'));
    expect(paths.length).toBeGreaterThan(60);
    expect(paths.filter((path) => SETTINGS_HELP[path] === undefined)).toEqual([]);
    expect(Object.keys(SETTINGS_HELP).filter((path) => !paths.includes(path))).toEqual([]);
  });

  test('unknown keys are refused and defaults are optional, as the loader does it', () => {
    const schema = settingsSchema() as {
      additionalProperties: unknown;
      required: string[];
      properties: Record<string, { oneOf?: unknown }>;
    };
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toEqual(['preview', 'deploy']);
    expect(schema.properties['preview']!.oneOf).toEqual([{ required: ['command'] }, { required: ['static'] }]);
    expect(schema.properties['deploy']!.oneOf).toEqual([{ required: ['start'] }, { required: ['static'] }]);
  });

  test('its patterns are ones that a browser engine takes', () => {
    const patterns = [...settingsSchemaText().matchAll(/"pattern": ("(?:[^"\\]|\\.)*")/g)].map((match) => JSON.parse(match[1]!) as string);
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns) expect(() => new RegExp(pattern, 'u')).not.toThrow();
    expect(SCHEMA_PATH).toMatch(/^\/codex\/[a-z.-]+\.json$/);
  });
});
