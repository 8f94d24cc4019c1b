import { buildOf, configOf, type Detector, type Serving, scriptNames, seenIn } from '../serving.ts';

/** React Router 7 in framework mode, and Remix before it. */
export const reactRouter: Detector = (app) => {
  const isRemix = app.uses('@remix-run/serve') || app.uses('@remix-run/dev');
  if (!isRemix && !app.uses('@react-router/dev')) return undefined;
  const config = configOf(app, ...scriptNames('react-router.config'), ...scriptNames('vite.config'), ...scriptNames('remix.config'));
  const dependency = isRemix ? (app.uses('@remix-run/dev') ? '@remix-run/dev' : '@remix-run/serve') : '@react-router/dev';
  const withVite = app.uses('vite');
  const program = isRemix ? app.bin('remix', withVite ? 'vite:build' : 'build') : app.bin('react-router', 'build');
  const common = { name: isRemix ? 'Remix' : 'React Router', from: seenIn(app, dependency), build: buildOf(app, program) };
  if (/\bssr\s*:\s*false\b/.test(config?.text ?? '')) {
    return {
      ...common,
      start: { static: 'build/client', fallback: 'index.html' },
      startSaid: `from ssr: false in ${config?.path}: a single-page app`,
      isStatic: true,
    };
  }
  const serve = isRemix ? 'remix-serve' : 'react-router-serve';
  const own = app.script('start');
  // A server of its own (express and the like) is judged as one.
  if (own !== undefined && !own.includes(serve)) return undefined;
  const entry = isRemix && !withVite ? './build/index.js' : './build/server/index.js';
  return {
    ...common,
    start: { command: app.bin(serve, entry) },
    startSaid: `${serve} reads PORT and HOST.`,
  };
};

/** Frameworks whose build ends in one server file that reads PORT and HOST; `always`: not only where Nitro itself is to be seen. */
// biome-ignore format: a table is read by column
const NITRO = [
  { name: 'Nuxt',           dependency: 'nuxt',                  program: ['nuxt', 'build'],      server: '.output/server/index.mjs',     always: true },
  { name: 'TanStack Start', dependency: '@tanstack/react-start', program: ['vite', 'build'],      server: '.output/server/index.mjs',     always: false },
  { name: 'SolidStart',     dependency: '@solidjs/start',        program: ['vinxi', 'build'],     server: '.output/server/index.mjs',     always: false },
  { name: 'Analog',         dependency: '@analogjs/platform',    program: ['vite', 'build'],      server: 'dist/analog/server/index.mjs', always: true },
  { name: 'Nitro',          dependency: 'nitropack',             program: ['nitropack', 'build'], server: '.output/server/index.mjs',     always: true },
] as const;

/** Nuxt and the others that are built on Nitro. */
export const nitro: Detector = (app) => {
  const row = NITRO.find(({ dependency }) => app.uses(dependency));
  if (row === undefined) return undefined;
  const [program, ...args] = row.program;
  const common = { name: row.name, from: seenIn(app, row.dependency), build: buildOf(app, app.bin(program, ...args)) };
  if (row.name === 'Nuxt' && /\b(?:nuxt|nuxi)\s+generate\b/.test(app.script('build') ?? '')) {
    return { ...common, start: { static: '.output/public' }, startSaid: 'from nuxt generate in scripts.build', isStatic: true };
  }
  const config = configOf(
    app,
    ...scriptNames('nuxt.config'),
    ...scriptNames('app.config'),
    ...scriptNames('vite.config'),
    ...scriptNames('nitro.config'),
  );
  const preset = /\bpreset\s*:\s*['"]([\w-]+)['"]/.exec(config?.text ?? '')?.[1];
  const unknown =
    preset !== undefined && !preset.startsWith('node')
      ? `the preset "${preset}" in ${config?.path} builds for another place; "node-server" builds a server that runs here`
      : row.always || app.uses('nitro') || app.uses('vinxi') || /nitro/i.test(config?.text ?? '')
        ? undefined
        : `what ${row.name} builds depends on its version and its plugins`;
  if (unknown !== undefined) return { ...common, start: { unknown, alternatives: [`node ${row.server}`] }, startSaid: '' };
  return {
    ...common,
    start: { command: `node ${row.server}` },
    startSaid: 'The built server reads PORT and HOST.',
  };
};

/** Astro: files by default, a server with its Node adapter. */
export const astro: Detector = (app) => {
  if (!app.uses('astro')) return undefined;
  const config = configOf(app, ...scriptNames('astro.config'));
  const text = config?.text ?? '';
  const common = {
    name: 'Astro',
    from: seenIn(app, 'astro'),
    build: buildOf(app, app.bin('astro', 'build')),
    env: { ASTRO_TELEMETRY_DISABLED: '1' },
  };
  const folder = (/\boutDir\s*:\s*['"]([\w./-]+)['"]/.exec(text)?.[1] ?? 'dist').replace(/^\.\//, '').replace(/\/$/, '');
  if (/from\s+['"]@astrojs\/node['"]/.test(text))
    return withNodeAdapter(common, `${app.node} ./${folder}/server/entry.mjs`, text, config?.path);
  const adapter = /from\s+['"](@astrojs\/(?:vercel|netlify|cloudflare|deno)[\w/-]*|[\w@/-]*adapter[\w/-]*)['"]/.exec(text)?.[1];
  if (adapter !== undefined || /\boutput\s*:\s*['"](?:server|hybrid)['"]/.test(text)) {
    return {
      ...common,
      start: {
        unknown: `${adapter === undefined ? 'a server without @astrojs/node' : adapter} in ${config?.path} builds for another place; @astrojs/node builds a server that runs here`,
        alternatives: [`node ./${folder}/server/entry.mjs`],
      },
      startSaid: '',
      preview: {
        start: { command: app.bin('astro', 'dev', '--host', '127.0.0.1', '--port', '$PORT') },
        said: 'the dev server, because what this adapter builds does not run here',
      },
    };
  }
  return { ...common, start: { static: folder }, startSaid: `astro build puts its pages into ${folder}.`, isStatic: true };
};

function withNodeAdapter(
  common: Pick<Serving, 'name' | 'from' | 'build' | 'env'>,
  command: string,
  text: string,
  path: string | undefined,
): Serving {
  if (/\bmode\s*:\s*['"]middleware['"]/.test(text)) {
    return {
      ...common,
      start: { unknown: `@astrojs/node in ${path} builds a middleware; your own server must start it`, alternatives: ['node server.mjs'] },
      startSaid: '',
    };
  }
  return {
    ...common,
    start: { command },
    startSaid: `from @astrojs/node in ${path}; its server reads PORT and HOST`,
  };
}
