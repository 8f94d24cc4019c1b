import type { CommandSpec } from '../command-spec.ts';

/** Commands that prepare a machine and an app. */
export const SET_UP = {
  init: {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Look at a repository and write its codex-builder.jsonc',
    flags: {
      yes: { type: 'boolean', short: 'y', summary: 'write and commit it without asking' },
      print: { type: 'boolean', summary: 'only show it' },
    },
    examples: ['codex-builder init --repo ../my-app', 'codex-builder init --yes --repo ../my-app'],
  },
  doctor: {
    aliases: ['health'],
    group: 'Set up',
    needs: 'nothing',
    doors: ['status'],
    summary: 'Check this machine and the app: what was found, and what to do about it',
    more: 'Ends with 1 when something needs attention.',
    examples: ['codex-builder doctor', 'codex-builder doctor --json --repo ../my-app'],
  },
  'sign-in': {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Sign Codex in to ChatGPT for the daemon of one app',
    more: 'Your own Codex sign-in is left alone. With an API key you need none of this.',
    flags: { print: { type: 'boolean', summary: 'only show the command that does it' } },
    examples: ['codex-builder sign-in --repo ../my-app', 'codex-builder sign-in --print --repo ../my-app'],
  },
  schema: {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Print the JSON Schema of codex-builder.jsonc',
    examples: ['codex-builder schema > codex-builder.schema.json'],
  },
  completion: {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Print the completion script of a shell',
    words: { text: 'bash|zsh|fish', most: 1, choices: ['bash', 'zsh', 'fish'] },
    examples: ['source <(codex-builder completion bash)', 'codex-builder completion fish > ~/.config/fish/completions/codex-builder.fish'],
  },
  'install-service': {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Keep the daemon running with systemd, also after a reboot',
    flags: {
      system: { type: 'boolean', summary: 'a unit of the system instead of your own; for root' },
      print: { type: 'boolean', summary: 'only show the unit' },
      port: { type: 'string', value: 'N', summary: 'where /codex and the API listen (default 4400)' },
      'gateway-port': { type: 'string', value: 'N', summary: 'where production and the previews listen (default 4401)' },
    },
    examples: ['codex-builder install-service --repo ../my-app', 'codex-builder install-service --system --print --repo /srv/my-app'],
  },
  'uninstall-service': {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Stop the daemon of install-service and remove its unit; production stays up',
    flags: { system: { type: 'boolean', summary: 'the unit of the system; for root' } },
    examples: ['codex-builder uninstall-service --repo ../my-app'],
  },
} as const satisfies Record<string, CommandSpec>;
