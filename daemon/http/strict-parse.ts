import * as z from 'zod/mini';
import { type Refusal, refusal } from './problem.ts';

const strictForms = new WeakMap<z.core.$ZodType, z.core.$ZodType>();
const { localeError } = z.locales.en();

/**
 * The same schema with every object in it refusing keys it does not name. The
 * wire's schemas are open, because a client must be able to read a newer daemon; input is not.
 */
export function strictly(schema: z.core.$ZodType): z.core.$ZodType {
  const known = strictForms.get(schema);
  if (known) return known;
  const strict = strictForm(schema);
  strictForms.set(schema, strict);
  return strict;
}

function strictForm(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object': {
      const shape = Object.fromEntries(Object.entries(def.shape).map(([key, field]) => [key, strictly(field)]));
      return z.core.clone(schema, { ...def, shape, catchall: z.never() } as z.core.$ZodTypeDef);
    }
    case 'array':
      return z.core.clone(schema, { ...def, element: strictly(def.element) } as z.core.$ZodTypeDef);
    case 'optional':
    case 'nullable':
    case 'default':
      return z.core.clone(schema, { ...(def as z.core.$ZodOptionalDef), innerType: strictly(def.innerType) } as z.core.$ZodTypeDef);
    case 'union':
      return z.core.clone(schema, { ...def, options: def.options.map(strictly) } as z.core.$ZodTypeDef);
    case 'record':
      return z.core.clone(schema, { ...def, valueType: strictly(def.valueType) } as z.core.$ZodTypeDef);
    default:
      return schema;
  }
}

export type Parsed = { ok: true; value: unknown } | { ok: false; refused: Refusal };

/** Parses one part of a call; a door without that part takes nothing there. The refusal names what is wrong and where. */
export function parsePart(part: 'params' | 'query' | 'body', schema: z.core.$ZodType | undefined, value: unknown): Parsed {
  if (!schema) {
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : value === undefined ? [] : ['…'];
    if (keys.length === 0) return { ok: true, value: undefined };
    return { ok: false, refused: refusal('bad_request', `This door takes no ${part}; found ${named(keys)}.`) };
  }
  const result = z.core.safeParse(strictly(schema), value ?? (part === 'body' ? undefined : {}), { error: localeError });
  if (result.success) return { ok: true, value: result.data };
  const issues = result.error.issues.slice(0, 10).map((issue) => ({
    path: [part, ...issue.path].map(String).join('.').slice(0, 200),
    message: issue.code === 'unrecognized_keys' ? `unknown key ${named(issue.keys)}` : issue.message,
  }));
  const [first] = issues;
  // A path that cannot name anything names nothing.
  return { ok: false, refused: refusal(part === 'params' ? 'not_found' : 'bad_request', `${first?.path}: ${first?.message}.`, { issues }) };
}

function named(keys: readonly string[]): string {
  return keys
    .slice(0, 5)
    .map((key) => JSON.stringify(key.slice(0, 80)))
    .join(', ');
}
