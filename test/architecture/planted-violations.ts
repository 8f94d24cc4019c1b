/**
 * For each import rule a file that breaks it. Together they are a small tree of
 * their own, so that the rules are seen to bite without touching the real one.
 */
export interface Planted {
  rule: string;
  from: string;
  text: string;
}

const uses = (specifier: string) => `import * as it from '${specifier}';\nexport const seen = it;\n`;
const knows = (specifier: string) => `import type { seen } from '${specifier}';\nexport type Known = typeof seen;\n`;

const EMPTY = 'export const seen = 1;\n';

/** Targets that break nothing themselves, and what is in them. */
export const INNOCENT: readonly { path: string; text: string }[] = [
  { path: 'daemon/core/right.ts', text: uses('./left.ts') },
  { path: 'shared/run.ts', text: EMPTY },
  { path: 'shared/ui/card.ts', text: EMPTY },
  { path: 'daemon/ports.ts', text: EMPTY },
  { path: 'daemon/main.ts', text: EMPTY },
  { path: 'daemon/core/decide.ts', text: EMPTY },
  { path: 'daemon/store/ledger.ts', text: EMPTY },
  { path: 'daemon/effects/worker.ts', text: EMPTY },
  { path: 'daemon/config/load.ts', text: EMPTY },
  { path: 'daemon/http/app.ts', text: EMPTY },
  { path: 'daemon/gateway/router.ts', text: EMPTY },
  { path: 'daemon/adapters/git/repository.ts', text: EMPTY },
  { path: 'daemon/adapters/spawn.ts', text: EMPTY },
  { path: 'daemon/adapters/http-probe.ts', text: EMPTY },
  { path: 'daemon/adapters/else.ts', text: EMPTY },
  { path: 'daemon/adapters/git/probe.ts', text: uses('../http-probe.ts') },
  { path: 'test/support/clock.ts', text: EMPTY },
  { path: 'extension/entrypoints/background.ts', text: EMPTY },
  { path: 'extension/entrypoints/options/page.ts', text: EMPTY },
  { path: 'extension/entrypoints/options/main.ts', text: uses('./page.ts') },
];

export const PLANTED: readonly Planted[] = [
  { rule: 'no-cycles', from: 'daemon/core/left.ts', text: uses('./right.ts') },
  { rule: 'no-unresolved', from: 'daemon/core/gone.ts', text: uses('./nowhere.ts') },
  { rule: 'wire-knows-nothing', from: 'shared/nosy.ts', text: knows('../daemon/core/decide.ts') },
  { rule: 'wire-knows-nothing', from: 'shared/nosy-node.ts', text: uses('node:fs') },
  { rule: 'shared-ui-knows-the-wire', from: 'shared/ui/nosy.ts', text: uses('../../daemon/core/decide.ts') },
  { rule: 'core-is-pure', from: 'daemon/core/impure.ts', text: uses('node:fs') },
  { rule: 'core-is-pure', from: 'daemon/core/impure-store.ts', text: knows('../store/ledger.ts') },
  { rule: 'ports-are-words', from: 'daemon/ports.ts', text: `${uses('node:fs')}` },
  { rule: 'store-knows-core', from: 'daemon/store/nosy.ts', text: uses('../effects/worker.ts') },
  { rule: 'effects-work-through-ports', from: 'daemon/effects/nosy.ts', text: uses('../http/app.ts') },
  { rule: 'effects-know-the-store-by-type', from: 'daemon/effects/direct.ts', text: uses('../store/ledger.ts') },
  { rule: 'adapters-do-not-meet', from: 'daemon/adapters/codex/nosy.ts', text: uses('../git/repository.ts') },
  { rule: 'adapters-do-not-meet', from: 'daemon/adapters/codex/beside.ts', text: uses('../else.ts') },
  { rule: 'adapters-know-ports', from: 'daemon/adapters/codex/deep.ts', text: uses('../../store/ledger.ts') },
  { rule: 'only-main-imports-adapters', from: 'daemon/daemon.ts', text: uses('./adapters/git/repository.ts') },
  { rule: 'door-knows-no-hands', from: 'daemon/http/nosy.ts', text: uses('../effects/worker.ts') },
  { rule: 'door-knows-the-store-by-type', from: 'daemon/http/direct.ts', text: uses('../store/ledger.ts') },
  { rule: 'gateway-stands-alone', from: 'daemon/gateway/nosy.ts', text: uses('../core/decide.ts') },
  { rule: 'page-knows-the-wire', from: 'daemon/page/nosy.ts', text: uses('../core/decide.ts') },
  { rule: 'extension-knows-the-wire', from: 'extension/nosy.ts', text: knows('../daemon/core/decide.ts') },
  { rule: 'extension-knows-the-wire', from: 'extension/nosy-node.ts', text: uses('node:fs') },
  { rule: 'entrypoints-do-not-meet', from: 'extension/entrypoints/popup/main.ts', text: uses('../background.ts') },
  { rule: 'config-stands-alone', from: 'daemon/config/nosy.ts', text: uses('../store/ledger.ts') },
  { rule: 'command-line-is-a-client', from: 'daemon/cli/nosy.ts', text: uses('../store/ledger.ts') },
  { rule: 'local-needs-no-daemon', from: 'daemon/local/nosy.ts', text: uses('../effects/worker.ts') },
  { rule: 'only-main-imports-adapters', from: 'daemon/local/direct.ts', text: uses('../adapters/git/repository.ts') },
  { rule: 'daemon-is-not-product-tooling', from: 'daemon/effects/tooling.ts', text: uses('../../test/support/clock.ts') },
  { rule: 'one-home-for-better-sqlite3', from: 'daemon/effects/sql.ts', text: uses('better-sqlite3') },
  { rule: 'one-home-for-execa', from: 'daemon/adapters/git/run.ts', text: uses('execa') },
  { rule: 'one-home-for-simple-git', from: 'daemon/adapters/deploy/git.ts', text: uses('simple-git') },
  { rule: 'one-home-for-hono', from: 'daemon/gateway/hono.ts', text: uses('hono') },
  { rule: 'one-home-for-hono-node-server', from: 'daemon/gateway/hono-server.ts', text: uses('@hono/node-server') },
  { rule: 'one-home-for-ws', from: 'daemon/gateway/ws.ts', text: uses('ws') },
  { rule: 'one-home-for-jsonc-parser', from: 'daemon/effects/jsonc.ts', text: uses('jsonc-parser') },
  { rule: 'one-home-for-preact', from: 'daemon/http/view.ts', text: uses('preact') },
  { rule: 'one-home-for-webextension-polyfill', from: 'extension/direct.ts', text: uses('webextension-polyfill') },
  { rule: 'one-home-for-wxt', from: 'extension/wrapped.ts', text: uses('wxt') },
];
