import type { FileDiff } from '#shared/review.ts';
import { globMatches } from './glob.ts';

/** What a change's migrations mean for putting the old release back. */
export interface MigrationsVerdict {
  files: readonly string[];
  /** `none`; `additive`: old code still runs on the new schema; `destructive` or `unknown`: it may not. */
  kind: 'none' | 'additive' | 'destructive' | 'unknown';
  reasons: readonly string[];
}

// biome-ignore format: a table is read by column
const DESTRUCTIVE: readonly { shape: RegExp; says: string }[] = [
  { shape: /\bdrop\b/i,                                                   says: 'drops something' },
  { shape: /\btruncate\b/i,                                               says: 'empties a table' },
  { shape: /\brename\b/i,                                                 says: 'renames something' },
  { shape: /\b(?:alter\s+column|modify|change\s+column)\b/i,              says: 'changes a column' },
  { shape: /\bdelete\s+from\b/i,                                          says: 'deletes rows' },
  { shape: /\bupdate\s+\S+\s+set\b|\bdo\s+update\b/i,                    says: 'rewrites rows' },
  { shape: /\bset\s+not\s+null\b/i,                                       says: 'forbids nulls' },
];
const HARMLESS =
  /^(?:create\s+(?:table|index|view)\b|insert\s+into\b|pragma\s+(?:foreign_keys|defer_foreign_keys|user_version)\b|begin\b|commit\b)/i;
/** One plain column, once what stands in parentheses is gone. */
const ADDS_COLUMN = /^alter\s+table\s+\S+\s+add\s+(?:column\s+)?(?!(?:constraint|unique|primary|foreign|check|index|key)\b)[^,]*$/i;
const RESTRICTS = /\b(?:unique|primary|check|references|constraint|generated)\b/i;

/** Judges the migration files among a change's files from their added lines. Anything it cannot read as SQL is `unknown`. */
export function judgeMigrations(files: readonly FileDiff[], globs: readonly string[]): MigrationsVerdict {
  const touched = files.filter((file) =>
    globs.some((glob) => globMatches(glob, file.path) || (file.oldPath !== undefined && globMatches(glob, file.oldPath))),
  );
  if (touched.length === 0) return { files: [], kind: 'none', reasons: [] };
  const reasons: string[] = [];
  let kind: MigrationsVerdict['kind'] = 'additive';
  const worsen = (to: 'destructive' | 'unknown', why: string) => {
    reasons.push(why);
    if (kind !== 'destructive') kind = to;
  };
  for (const file of touched) {
    if (file.status !== 'added') {
      worsen('unknown', `${file.path} was ${file.status === 'modified' ? 'changed' : file.status} after it may have been applied`);
      continue;
    }
    if (!/\.sql$/i.test(file.path) || file.patch === undefined || file.truncated === true) {
      worsen('unknown', `${file.path} cannot be read as SQL`);
      continue;
    }
    for (const statement of statementsOf(file.patch)) {
      const bad = DESTRUCTIVE.filter(({ shape }) => shape.test(statement));
      for (const { says } of bad) worsen('destructive', `${file.path} ${says}`);
      if (bad.length === 0 && !onlyAdds(statement)) worsen('unknown', `${file.path} has a statement that is not known to be harmless`);
    }
  }
  return { files: touched.map((file) => file.path), kind, reasons: [...new Set(reasons)] };
}

/** Old code neither reads nor writes differently after it. A column that must not be null and has no default breaks its inserts. */
function onlyAdds(statement: string): boolean {
  if (HARMLESS.test(statement)) return true;
  const bare = withoutParentheses(statement);
  return ADDS_COLUMN.test(bare) && !RESTRICTS.test(bare) && (!/\bnot\s+null\b/i.test(bare) || /\bdefault\b/i.test(bare));
}

function withoutParentheses(statement: string): string {
  let depth = 0;
  let bare = '';
  for (const character of statement) {
    if (character === '(') depth++;
    if (depth === 0) bare += character;
    if (character === ')') depth--;
  }
  return bare;
}

function statementsOf(patch: string): readonly string[] {
  const added = patch
    .split('\n')
    .filter((line) => line.startsWith('+'))
    .map((line) => line.slice(1))
    .join('\n');
  return bareSql(added)
    .split(';')
    .map((statement) => statement.replace(/\s+/g, ' ').trim())
    .filter((statement) => statement !== '');
}

/**
 * SQL without its comments and with its strings emptied, so that neither can hide a
 * statement. One pass over the text. MySQL runs what stands in a comment that begins
 * with an exclamation mark, so that is kept. What one database closes and another does
 * not (dollar quotes, a backslash before the quote), and what nobody closes, is kept and makes it unknown.
 */
function bareSql(sql: string): string {
  if (/\$\w{0,63}\$/.test(sql)) return `unclosed ${sql}`;
  let bare = '';
  let at = 0;
  while (at < sql.length) {
    const two = sql.slice(at, at + 2);
    const quote = sql[at]!;
    if (two === '--' || (two === '/*' && sql[at + 2] !== '!')) {
      const end = two === '--' ? sql.indexOf('\n', at) : sql.indexOf('*/', at + 2);
      bare += ' ';
      if (end < 0) return two === '--' ? bare : `${bare}; unclosed ${sql.slice(at)}`;
      at = two === '--' ? end : end + 2;
    } else if (quote === "'" || quote === '"' || quote === '`') {
      const end = sql.indexOf(quote, at + 1);
      if (end < 0 || sql[end - 1] === '\\') return `${bare}; unclosed ${sql.slice(at)}`;
      bare += quote === "'" ? "''" : sql.slice(at + 1, end).replace(/[\s;()]/g, '_');
      at = end + 1;
    } else {
      bare += quote;
      at++;
    }
  }
  return bare;
}
