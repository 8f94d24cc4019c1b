import { type FlagSpec, KEY } from '../command-spec.ts';

/** Flags of what asks for a change. */
export const REQUEST_FLAGS = {
  file: {
    type: 'string',
    short: 'f',
    multiple: true,
    value: 'GLOB',
    summary: 'show the agent these files too; may be repeated, and !GLOB takes away what came before it',
  },
  files: { type: 'string', multiple: true, value: 'GLOB', summary: 'the same as --file' },
  dir: {
    type: 'string',
    short: 'd',
    value: 'PATH',
    summary: 'the folder that globs start from and never leave (default: the current one)',
  },
  map: { type: 'boolean', summary: "add the repository's codebase map to the brief" },
  'no-constraints': { type: 'boolean', summary: 'leave the standing constraints out of the brief' },
  'dry-run': { type: 'boolean', summary: 'print the brief and its size in tokens, and ask for nothing' },
  'safe-mode': { type: 'boolean', summary: 'Codex only proposes a patch; nothing is applied until you say so' },
  priority: { type: 'string', value: 'low|normal|high', choices: ['low', 'normal', 'high'], summary: 'place in the queue' },
  page: { type: 'string', value: 'URL', summary: 'the page it is about' },
  model: { type: 'string', short: 'm', value: 'NAME', summary: 'the model that works on it' },
  reasoning: {
    type: 'string',
    short: 'r',
    value: 'low|medium|high|xhigh',
    choices: ['low', 'medium', 'high', 'xhigh'],
    summary: 'how hard it thinks',
  },
  parent: { type: 'string', value: 'RUN', summary: 'the run it follows from; only a link' },
  'parent-session': { type: 'string', value: 'RUN', summary: 'the same as --parent' },
  key: KEY,
} as const satisfies Record<string, FlagSpec>;
