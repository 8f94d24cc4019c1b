import { settingsSchemaText } from '../../config/settings-schema.ts';
import type { Handler } from '../command.ts';

/** Prints the JSON Schema of codex-builder.jsonc. */
export const schema: Handler<'schema'> = async ({ terminal }) => {
  terminal.out(settingsSchemaText());
  return 0;
};
