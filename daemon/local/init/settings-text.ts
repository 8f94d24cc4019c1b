import type { Guess } from './guess.ts';
import type { Start } from './serving.ts';

const WIDTH = 118;

/** One key with the comment before it. */
interface Entry {
  comment?: readonly string[];
  key: string;
  value: Value;
}
type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value } | Entries;
/** An object whose keys have comments of their own. */
interface Entries {
  entries: readonly Entry[];
  /** Comments at the end, of keys that could be there. */
  after?: readonly string[];
}

/** The guess as a commented `codex-builder.jsonc`. `schema` is where an editor finds its JSON Schema. */
export function settingsText(guess: Guess, schema: string): string {
  const { serving } = guess;
  const entries: Entry[] = [
    { comment: ['Served by the running daemon: an editor then completes and explains every key.'], key: '$schema', value: schema },
    ...folderOf(guess),
    ...setupOf(guess),
    ...checksOf(guess),
    {
      comment: [
        'Addresses that must answer after every change. More of them, and which files touch which, make it surer:',
        '"routes": { "src/about/**": ["/about"] }',
      ],
      key: 'smoke',
      value: { core: ['/'] },
    },
    previewOf(guess),
    deployOf(guess),
    ...policyOf(guess),
  ];
  const head = [
    'What Codex Builder needs to know of this app. It is read from main, never from a change under review.',
    'Written by `codex-builder init`, which says where it saw each thing; change what is wrong. `codex-builder doctor` checks it.',
    serving.name === 'unknown' ? `Framework: ${serving.from}.` : `Framework: ${serving.name} (${serving.from}).`,
  ];
  return `${commentLines(head, '').join('\n')}\n${render({ entries }, '', true)}\n`;
}

function folderOf({ folder }: Guess): Entry[] {
  const others = folder.others.length === 0 ? [] : [`Others that look like apps: ${folder.others.join(', ')}. One daemon serves one app.`];
  if (folder.path === '.') return [];
  return [{ comment: [`Commands run in this folder (from ${folder.from}).`, ...others], key: 'folder', value: folder.path }];
}

function setupOf({ setup }: Guess): Entry[] {
  if (setup === undefined) return [];
  return [
    {
      comment: [
        `Installs the dependencies (from ${setup.from}). Runs again only when the lockfile or the manifest changed.`,
        ...setup.notes,
      ],
      key: 'setup',
      value: {
        command: setup.command,
        ...(Object.keys(setup.env).length === 0 ? {} : { env: setup.env }),
        ...(setup.keep.length === 0 ? {} : { keep: setup.keep }),
        ...(setup.inputs.length === 0 ? {} : { inputs: setup.inputs }),
      },
    },
  ];
}

function checksOf({ checks, leftOut }: Guess): Entry[] {
  const left = leftOut.length === 0 ? [] : [`Left out: ${leftOut.join('; ')}.`];
  const none = checks.length === 0 ? ['No script was found that is one, for example: { "name": "test", "command": "npm test" }'] : [];
  return [
    {
      comment: ['Run on each change and again on the merge, in the sandbox, without network. All must pass.', ...none, ...left],
      key: 'checks',
      value: {
        entries: checks.map(({ name, command, from }) => ({ comment: [`from ${from}`], key: '', value: { name, command } })),
      },
    },
  ];
}

function previewOf({ serving, health, data, variables }: Guess): Entry {
  const { preview } = serving;
  const start = preview?.start ?? serving.start;
  const isBuilt = serving.build !== undefined && (preview === undefined || preview.isBuilt === true);
  const why =
    preview !== undefined
      ? `Preview: ${preview.said}.`
      : isBuilt
        ? 'Built and started as in production, so that what is approved is what goes live.'
        : 'unknown' in start
          ? 'How a change is shown before it is approved.'
          : 'Started as in production.';
  const env = { ...(isBuilt ? { NODE_ENV: 'production' } : {}), ...serving.env };
  const needs =
    variables === undefined || variables.names.length === 0
      ? []
      : [
          `${variables.from} ${variables.from.startsWith('.') ? 'names' : 'read'} ${variables.names.join(', ')}. Harmless values for previews go into "env" here;` +
            ' production has its own in <state>/production/env, which no preview sees.',
        ];
  return {
    comment: [why, ...needs],
    key: 'preview',
    value: {
      entries: [
        ...(isBuilt ? [{ comment: [`from ${serving.build!.from}`], key: 'build', value: serving.build!.command }] : []),
        startEntry(start, 'command', preview === undefined ? serving.startSaid : ''),
        ...(Object.keys(env).length === 0 ? [] : [{ key: 'env', value: env }]),
        ...dataEntries(data),
        { comment: [health.said, ...(health.note === undefined ? [] : [health.note])], key: 'health', value: { path: health.path } },
      ],
      after: data.sqlite === undefined ? data.notes : [],
    },
  };
}

function dataEntries({ sqlite, migrate, seed }: Guess['data']): Entry[] {
  if (sqlite === undefined) return [];
  const made = [migrate, seed].filter((each) => each !== undefined);
  const comment = [
    `Each run gets a database of its own (${sqlite.from}).`,
    made.length === 0
      ? 'No script fills it: "seed" could make example data, the same each time.'
      : `"seed" makes it from nothing (from ${made.map(({ from }) => from).join(' and ')}).`,
  ];
  const value = {
    kind: 'sqlite',
    // Without a seed the app makes the file itself, and there is nothing to hold a name against.
    ...(made.length === 0 ? {} : { file: sqlite.file, seed: made.map(({ command }) => command).join(' && ') }),
  };
  return [{ comment, key: 'data', value }];
}

function deployOf({ serving, health, data }: Guess): Entry {
  const { build, notes = [] } = serving;
  return {
    comment: ['Production: each release in a folder of its own, started beside the old one, switched when it is healthy.'],
    key: 'deploy',
    value: {
      entries: [
        ...(build === undefined ? [] : [{ comment: [`from ${build.from}`], key: 'build', value: build.command }]),
        ...(data.migrate === undefined
          ? []
          : [
              {
                comment: [
                  `from ${data.migrate.from}; once before a release starts, never on a rollback, and on a copy of the data for each preview`,
                ],
                key: 'migrate',
                value: data.migrate.command,
              },
            ]),
        startEntry(serving.start, 'start', serving.startSaid),
        ...(serving.env === undefined ? [] : [{ key: 'env', value: serving.env }]),
        { key: 'health', value: { path: health.path } },
      ],
      after: notes,
    },
  };
}

function policyOf({ data }: Guess): Entry[] {
  if (data.folders.length === 0) return [];
  const value = { migrations: ['**/migrations/**', '**/migrate/**', ...data.folders] };
  return [{ comment: ['Migrations always want an approval of their own.'], key: 'policy', value }];
}

/** The start, or a command that says what is missing: it cannot be taken for one that works. */
function startEntry(start: Start, key: 'command' | 'start', said: string): Entry {
  const comment = said === '' ? [] : [said];
  if ('command' in start) return { comment, key, value: start.command };
  if ('static' in start) {
    return {
      comment,
      key: 'static',
      value: start.fallback === undefined ? start.static : { folder: start.static, fallback: start.fallback },
    };
  }
  const section = key === 'start' ? 'deploy.start' : 'preview.command';
  return {
    comment: [
      `TELL ME: ${start.unknown}. It must listen on 127.0.0.1:$PORT and keep its data in $DATA_DIR.`,
      ...(start.alternatives.length === 0 ? [] : ['Perhaps one of these:', ...start.alternatives.map((each) => `  ${each}`)]),
    ],
    key,
    value: `echo 'codex-builder.jsonc does not say yet how the app is started: fill in ${section}' >&2; exit 1`,
  };
}

function render(value: Value, indent: string, isTop = false): string {
  if (typeof value !== 'object' || Array.isArray(value) || !('entries' in value)) return inline(value);
  const { entries, after = [] } = value as Entries;
  const isList = entries.every(({ key }) => key === '');
  if (entries.length === 0 && after.length === 0) return isList ? '[]' : '{}';
  const inner = `${indent}  `;
  const lines = entries.flatMap(({ comment = [], key, value: each }, index) => [
    ...(isTop && index > 0 ? [''] : []),
    ...commentLines(comment, inner),
    `${inner}${key === '' ? '' : `${JSON.stringify(key)}: `}${render(each, inner)}${index === entries.length - 1 ? '' : ','}`,
  ]);
  return [isList ? '[' : '{', ...lines, ...commentLines(after, inner), `${indent}${isList ? ']' : '}'}`].join('\n');
}

function inline(value: Value): string {
  if (Array.isArray(value)) return `[${value.map((each: Value) => inline(each)).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const pairs = Object.entries(value as Record<string, Value>).map(([key, each]) => `${JSON.stringify(key)}: ${inline(each)}`);
  return `{ ${pairs.join(', ')} }`;
}

/** Sentences as comment lines, broken at words. What a repository says stays within its line. */
function commentLines(sentences: readonly string[], indent: string): readonly string[] {
  return sentences.flatMap((sentence) => {
    const hanging = /^\s*/.exec(sentence)![0];
    const lines: string[] = [];
    let line = '';
    // A control character or a line separator would end the comment, and the rest would be read as settings.
    for (const word of sentence
      .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
      .trim()
      .split(/\s+/)) {
      if (line !== '' && indent.length + 3 + hanging.length + line.length + 1 + word.length > WIDTH) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, line].map((each) => `${indent}// ${hanging}${each}`);
  });
}
