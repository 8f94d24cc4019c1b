/**
 * Who may import whom, as ARCHITECTURE's table says. `test/architecture/boundaries.test.ts` shows that each rule can fail.
 */

/** Packages that live in one room only. Tests may use any, scripts use what they build and check with. */
const HOMES = {
  'better-sqlite3': '^daemon/store/',
  execa: '^daemon/adapters/spawn\\.ts$',
  'simple-git': '^daemon/adapters/git/',
  hono: '^daemon/http/',
  '@hono/node-server': '^daemon/http/',
  ws: '^daemon/http/',
  'jsonc-parser': '^daemon/(config|cli)/',
  preact: '^(shared/ui|daemon/page|extension/(entrypoints|overlay|inbox|capture))/',
  'webextension-polyfill': '^extension/browser\\.ts$',
  wxt: '^extension/(wxt\\.config\\.ts$|entrypoints/)',
};

const oneHome = Object.entries(HOMES).map(([name, home]) => ({
  name: `one-home-for-${name.replace(/[^a-z0-9]+/g, '-').replace(/^-/, '')}`,
  comment: `${name} is known in one room, so that it can be replaced there`,
  severity: 'error',
  from: { path: '^(shared|daemon|extension)/', pathNot: home },
  to: { path: `node_modules/(@types/)?${name}/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^(shared|daemon|extension)/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: { path: '^(shared|daemon|extension)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'wire-knows-nothing',
      comment: 'shared/ is what both sides agree on: zod and nothing else',
      severity: 'error',
      from: { path: '^shared/', pathNot: '^shared/ui/' },
      to: { pathNot: '^(shared/(?!ui/)|node_modules/zod/)' },
    },
    {
      name: 'shared-ui-knows-the-wire',
      severity: 'error',
      from: { path: '^shared/ui/' },
      to: { pathNot: '^(shared/|node_modules/(preact|zod)/)' },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^daemon/core/' },
      to: { pathNot: '^(daemon/core/|shared/(?!ui/)|node_modules/zod/)' },
    },
    {
      name: 'ports-are-words',
      severity: 'error',
      from: { path: '^daemon/ports\\.ts$' },
      to: { pathNot: '^(shared/(?!ui/)|daemon/core/)' },
    },
    {
      name: 'store-knows-core',
      severity: 'error',
      from: { path: '^daemon/store/' },
      to: { path: '^daemon/', pathNot: '^daemon/(store/|core/|ports\\.ts)' },
    },
    {
      name: 'effects-work-through-ports',
      severity: 'error',
      from: { path: '^daemon/effects/' },
      to: { path: '^daemon/', pathNot: '^daemon/(effects/|core/|config/|store/|ports\\.ts)' },
    },
    {
      name: 'effects-know-the-store-by-type',
      severity: 'error',
      from: { path: '^daemon/effects/' },
      to: { path: '^daemon/(store|config)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'adapters-do-not-meet',
      severity: 'error',
      comment: 'what they share lies beside them: running a program, facts about processes, asking for a page',
      from: { path: '^daemon/adapters/([^/]+)/' },
      to: { path: '^daemon/adapters/', pathNot: '^daemon/adapters/($1/|(spawn|process-facts|http-probe)\\.ts$)' },
    },
    {
      name: 'adapters-know-ports',
      severity: 'error',
      from: { path: '^daemon/adapters/' },
      to: { path: '^daemon/', pathNot: '^daemon/(adapters/|core/|ports\\.ts)' },
    },
    {
      name: 'only-main-imports-adapters',
      severity: 'error',
      from: { path: '^daemon/', pathNot: '^daemon/(adapters/|(main|inspect)\\.ts$)' },
      to: { path: '^daemon/adapters/' },
    },
    {
      name: 'door-knows-no-hands',
      severity: 'error',
      from: { path: '^daemon/http/' },
      to: { path: '^daemon/', pathNot: '^daemon/(http/|core/|store/|ports\\.ts)' },
    },
    {
      name: 'door-knows-the-store-by-type',
      severity: 'error',
      from: { path: '^daemon/http/' },
      to: { path: '^daemon/store/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'gateway-stands-alone',
      severity: 'error',
      from: { path: '^daemon/gateway/' },
      to: { path: '^daemon/', pathNot: '^daemon/gateway/' },
    },
    {
      name: 'page-knows-the-wire',
      severity: 'error',
      from: { path: '^daemon/page/' },
      to: { path: '^(daemon/|node:|fs$|path$)', pathNot: '^daemon/page/' },
    },
    {
      name: 'extension-knows-the-wire',
      severity: 'error',
      from: { path: '^extension/' },
      to: { path: '^(daemon/|node:|fs$|path$)' },
    },
    {
      name: 'entrypoints-do-not-meet',
      comment: 'each is loaded by itself, in a world of its own; what they share lies beside them',
      severity: 'error',
      from: { path: '^extension/entrypoints/([^/.]+)' },
      to: { path: '^extension/entrypoints/', pathNot: '^extension/entrypoints/$1[/.]' },
    },
    {
      name: 'config-stands-alone',
      severity: 'error',
      from: { path: '^daemon/config/' },
      to: { path: '^daemon/', pathNot: '^daemon/(config/|core/|ports\\.ts)' },
    },
    {
      name: 'command-line-is-a-client',
      comment: '`serve` starts the parts of main',
      severity: 'error',
      from: { path: '^daemon/cli/' },
      to: { path: '^daemon/', pathNot: '^daemon/(cli/|local/|main\\.ts|config/)' },
    },
    {
      name: 'local-needs-no-daemon',
      comment: 'what adapters see is given to it (inspect.ts); it never talks to a daemon as a client does',
      severity: 'error',
      from: { path: '^daemon/local/' },
      to: { path: '^daemon/', pathNot: '^daemon/(local/|store/|config/|ports\\.ts)' },
    },
    {
      name: 'daemon-is-not-product-tooling',
      comment: 'what ships never imports tests or scripts',
      severity: 'error',
      from: { path: '^(shared|daemon|extension)/' },
      to: { path: '^(test|scripts)/' },
    },
    ...oneHome,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/|/\\.wxt/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.d.ts'],
    },
  },
};
