import { type CommandSpec, KEY, LIMIT, YES } from '../command-spec.ts';

/** Commands of what is live. */
export const PRODUCTION = {
  releases: {
    group: 'Production',
    needs: 'daemon',
    doors: ['listReleases'],
    summary: 'List releases, newest first',
    flags: { limit: LIMIT },
    examples: ['codex-builder releases --limit 5'],
  },
  rollback: {
    group: 'Production',
    needs: 'daemon',
    doors: ['rollback', 'listReleases', 'status', 'events'],
    summary: 'Make an earlier release live again',
    words: { text: 'RELEASE|last-healthy', most: 1 },
    flags: {
      reason: { type: 'string', value: '"why"', summary: 'why, for the record' },
      force: { type: 'boolean', summary: 'also over migrations that cannot be taken back' },
      wait: { type: 'boolean', short: 'w', summary: 'wait until it is live or has failed' },
      key: KEY,
    },
    examples: ['codex-builder rollback last-healthy --wait', 'codex-builder rollback rel_01… --reason "checkout is broken"'],
  },
  release: {
    group: 'Production',
    needs: 'daemon',
    doors: ['createRelease'],
    summary: 'Check main as it is now and make it live; also tries again what failed',
    flags: { key: KEY },
    examples: ['codex-builder release'],
  },
  'take-over': {
    group: 'Production',
    needs: 'daemon',
    doors: ['takeOverMain', 'status'],
    summary: 'Follow main of your repository although it was rewritten there',
    more: 'Shows what would be lost here and asks. --commit takes over that commit and no other.',
    words: { text: 'main', most: 1, choices: ['main'] },
    flags: {
      commit: { type: 'string', value: 'COMMIT', summary: 'take over this commit and no other; its first letters do' },
      yes: YES,
      key: KEY,
    },
    examples: ['codex-builder take-over main'],
  },
} as const satisfies Record<string, CommandSpec>;
