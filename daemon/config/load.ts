import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import * as z from 'zod/mini';
import { issueWords } from './issue-words.ts';

z.config(z.locales.en());

export type Loaded<T> = { ok: true; value: T } | { ok: false; problems: readonly string[] };

/** Reads JSONC text against a schema: the value with defaults, or every problem at once, each with its place. */
export function load<S extends z.core.$ZodType>(text: string, schema: S): Loaded<z.infer<S>> {
  const errors: ParseError[] = [];
  const raw: unknown = parse(text, errors, { allowTrailingComma: true });
  if (errors.length > 0) return { ok: false, problems: errors.map((error) => `${lineOf(text, error.offset)}: ${wordsOf(error)}`) };
  const parsed = z.safeParse(schema, raw);
  if (parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => `${issue.path.map(String).join('.') || '(top)'}: ${issueWords(issue)}`),
  };
}

/** `CommaExpected` as people say it. */
function wordsOf({ error }: ParseError): string {
  return printParseErrorCode(error)
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
}

function lineOf(text: string, offset: number): string {
  return `line ${text.slice(0, offset).split('\n').length}`;
}
