import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { FlagSpec } from './command-spec.ts';
import { type CommandName, flagsOf, specOf } from './command-table.ts';
import { UsageError } from './outcome.ts';
import { suggest } from './suggest.ts';

/** Words and flags of one call, held against the command's row. Throws UsageError for anything the row does not know. */
export function parseCall(name: CommandName, args: readonly string[]): { words: readonly string[]; flags: Record<string, unknown> } {
  const known = flagsOf(name);
  const { tokens, positionals, values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(Object.entries(known).map(([flag, spec]) => [flag, optionOf(spec)])) as NonNullable<
      ParseArgsConfig['options']
    >,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === 'option') checkFlag(token, known);
  checkWords(name, positionals);
  return { words: positionals, flags: { ...values } };
}

function optionOf({ type, short, multiple }: FlagSpec) {
  return { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) };
}

interface GivenFlag {
  name: string;
  rawName: string;
  value: string | undefined;
  inlineValue: boolean | undefined;
}

function checkFlag({ name, rawName, value, inlineValue }: GivenFlag, known: Readonly<Record<string, FlagSpec>>): void {
  const spec = Object.hasOwn(known, name) ? known[name] : undefined;
  if (spec === undefined) {
    const near = suggest(name, Object.keys(known));
    throw new UsageError(`There is no flag ${rawName} here.${near === undefined ? '' : ` Did you mean --${near}?`}`);
  }
  if (spec.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
    return;
  }
  if (value === undefined || (inlineValue === false && value.startsWith('-')))
    throw new UsageError(`${rawName} needs a value: ${rawName}${rawName.startsWith('--') ? '=' : ' '}${spec.value ?? 'VALUE'}.`);
  if (spec.choices !== undefined && !spec.choices.includes(value))
    throw new UsageError(`${rawName} is one of ${spec.choices.join(', ')}, not "${value}".`);
}

function checkWords(name: CommandName, given: readonly string[]): void {
  const words = specOf(name).words;
  const extra = given[words?.most ?? 0];
  if (extra !== undefined)
    throw new UsageError(`What is "${extra}"? ${words === undefined ? 'Nothing' : words.text} stands after ${name}.`);
  const [first] = given;
  if (words?.verbs !== undefined && first !== undefined) checkChoice(first, words.verbs);
  if (words?.choices !== undefined) for (const word of given) checkChoice(word, words.choices);
}

function checkChoice(word: string, choices: readonly string[]): void {
  if (choices.includes(word)) return;
  const near = suggest(word, choices);
  throw new UsageError(`"${word}" is none of ${choices.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
}
