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
  { shape: /\bdrop\s+(table|column|database|schema|view|index)\b/i,       says: 'drops something' },
  { shape: /\btruncate\b/i,                                               says: 'empties a table' },
  { shape: /\brename\s+(to|column|table)\b/i,                             says: 'renames something' },
  { shape: /\balter\s+(table\s+\S+\s+)?alter\s+column\b/i,                says: 'changes a column' },
  { shape: /\bdelete\s+from\b/i,                                          says: 'deletes rows' },
  { shape: /\bupdate\s+\S+\s+set\b/i,                                     says: 'rewrites rows' },
  { shape: /\bset\s+not\s+null\b/i,                                       says: 'forbids nulls' },
];
const ADDITIVE = /^\s*(create\s+(unique\s+)?(table|index|view|trigger)|alter\s+table\s+\S+\s+add|insert\s+into|pragma|begin|commit|$)/i;

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
      if (bad.length === 0 && !ADDITIVE.test(statement)) worsen('unknown', `${file.path} has a statement that is not known to be harmless`);
    }
  }
  return { files: touched.map((file) => file.path), kind, reasons: [...new Set(reasons)] };
}

function statementsOf(patch: string): readonly string[] {
  const added = patch
    .split('\n')
    .filter((line) => line.startsWith('+'))
    .map((line) => line.slice(1))
    .join('\n');
  const bare = added.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/--[^\n]*/g, ' ');
  return bare
    .split(';')
    .map((statement) => statement.replace(/\s+/g, ' ').trim())
    .filter((statement) => statement !== '');
}
