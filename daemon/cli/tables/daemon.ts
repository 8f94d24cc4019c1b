import { type CommandSpec, KEY, LIMIT } from '../command-spec.ts';

/** Commands of the daemon itself and of who may use it. */
export const DAEMON = {
  serve: {
    group: 'Daemon',
    needs: 'nothing',
    summary: 'Run the daemon until Ctrl-C; what npm start does',
    flags: {
      port: { type: 'string', value: 'N', summary: 'where /codex and the API listen on 127.0.0.1 (default 4400)' },
      'gateway-port': { type: 'string', value: 'N', summary: 'where production and the previews listen (default 4401)' },
    },
    examples: ['codex-builder serve --repo ../my-app'],
  },
  open: {
    group: 'Daemon',
    needs: 'daemon',
    doors: ['createPairCode'],
    summary: 'Print a link that signs one browser in',
    flags: { key: KEY },
    examples: ['codex-builder open'],
  },
  pair: {
    group: 'Daemon',
    needs: 'daemon',
    doors: ['createPairCode'],
    summary: 'Print a one-time pairing code, for you or for somebody else',
    flags: {
      user: { type: 'string', value: 'NAME', summary: 'for this person (default: you)' },
      role: {
        type: 'string',
        value: 'ROLE',
        choices: ['viewer', 'requester', 'approver', 'admin'],
        summary: 'what a new person may do: viewer, requester, approver or admin',
      },
      key: KEY,
    },
    examples: ['codex-builder pair', 'codex-builder pair --user kim --role approver'],
  },
  devices: {
    group: 'Daemon',
    needs: 'daemon',
    doors: ['listDevices', 'revokeDevice'],
    summary: 'List paired devices, or revoke one at once',
    words: { text: '[revoke DEVICE]', most: 2, verbs: ['list', 'revoke'] },
    flags: { key: KEY },
    examples: ['codex-builder devices', 'codex-builder devices revoke dev_01…'],
  },
  flags: {
    group: 'Daemon',
    needs: 'daemon',
    doors: ['getFlags', 'putFlags'],
    summary: 'Show or set what acts at once: freeze merging, safe mode for all',
    words: { text: '[freeze|safe-mode on|off]', most: 2, verbs: ['freeze', 'safe-mode'] },
    flags: { key: KEY },
    examples: ['codex-builder flags', 'codex-builder flags freeze on', 'codex-builder flags safe-mode off'],
  },
  audit: {
    group: 'Daemon',
    needs: 'daemon',
    doors: ['listAudit'],
    summary: 'List who did what, newest first',
    words: { text: '[list]', most: 1, choices: ['list'] },
    flags: { limit: LIMIT, before: { type: 'string', value: 'SEQ', summary: 'only entries before this number' } },
    examples: ['codex-builder audit --limit 20', 'codex-builder audit --before 100 --json'],
  },
  stop: {
    group: 'Daemon',
    needs: 'nothing',
    summary: 'Stop the daemon; with --all production as well',
    flags: { all: { type: 'boolean', summary: 'the gateway and every release too' } },
    examples: ['codex-builder stop', 'codex-builder stop --all'],
  },
} as const satisfies Record<string, CommandSpec>;
