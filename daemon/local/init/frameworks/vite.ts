import type { AppView } from '../app-view.ts';
import { buildOf, configOf, type Detector, type Serving, scriptNames, seenIn } from '../serving.ts';
import { usesServer } from './node-servers.ts';

/** `vite preview` on the port it is given, or not at all. */
const vitePreview = (app: AppView) => app.bin('vite', 'preview', '--host', '127.0.0.1', '--port', '$PORT', '--strictPort');

/** SvelteKit: what serves it depends on its adapter. */
export const svelteKit: Detector = (app) => {
  if (!app.uses('@sveltejs/kit')) return undefined;
  // Newer projects configure it where Vite is configured.
  const config = [scriptNames('svelte.config'), scriptNames('vite.config')]
    .map((names) => configOf(app, ...names))
    .find((each) => /@sveltejs\/adapter-/.test(each?.text ?? ''));
  const adapter = /from\s+['"]@sveltejs\/adapter-([\w-]+)['"]/.exec(config?.text ?? '')?.[1] ?? 'auto';
  const common = { name: 'SvelteKit', from: seenIn(app, '@sveltejs/kit'), build: buildOf(app, app.bin('vite', 'build')) };
  const options = config?.text.slice(Math.max(0, config.text.search(/\badapter\w*\s*\(/))) ?? '';
  const folder = (key: string) => new RegExp(`\\b${key}\\s*:\\s*['"]([\\w./-]+)['"]`).exec(options)?.[1];
  if (adapter === 'node') {
    return {
      ...common,
      start: { command: `${app.node} ${folder('out') ?? 'build'}` },
      startSaid: `from adapter-node in ${config?.path}; its server reads PORT and HOST`,
      // Without these it takes its own address for https, and refuses every form.
      env: { PROTOCOL_HEADER: 'x-forwarded-proto', HOST_HEADER: 'x-forwarded-host' },
    };
  }
  if (adapter === 'static') {
    const fallback = folder('fallback');
    return {
      ...common,
      start: { static: folder('pages') ?? 'build', ...(fallback === undefined ? {} : { fallback }) },
      startSaid: `from adapter-static in ${config?.path}`,
      isStatic: true,
    };
  }
  return {
    ...common,
    start: {
      unknown: `adapter-${adapter} in ${config?.path ?? 'svelte.config.js'} builds for another place; @sveltejs/adapter-node builds a server that runs here`,
      alternatives: ['node build', vitePreview(app)],
    },
    startSaid: '',
    preview: {
      start: { command: vitePreview(app) },
      said: 'vite preview serves what was built, whatever the adapter',
      isBuilt: true,
    },
  };
};

/** A single-page app of Vite: files, and one page for every address. */
export const viteApp: Detector = (app) => {
  if (!app.uses('vite') || usesServer(app)) return undefined;
  if (app.first('index.html') === undefined && configOf(app, ...scriptNames('vite.config')) === undefined) return undefined;
  const config = configOf(app, ...scriptNames('vite.config'));
  const rootFolder = /\broot\s*:\s*['"]([\w./-]+)['"]/.exec(config?.text ?? '')?.[1];
  const outDir = /\boutDir\s*:\s*['"]([\w./-]+)['"]/.exec(config?.text ?? '')?.[1];
  const common = {
    name: 'Vite',
    from: seenIn(app, 'vite'),
    build: buildOf(app, app.bin('vite', 'build')),
    isStatic: true,
  };
  const folder = placeOf(rootFolder, outDir);
  if (folder === undefined || app.first('index.html') === undefined) {
    return {
      ...common,
      start: { unknown: `${config?.path} builds from or to another folder than the usual ones`, alternatives: [vitePreview(app)] },
      startSaid: '',
      preview: { start: { command: vitePreview(app) }, said: 'vite preview serves what was built, wherever it is', isBuilt: true },
    } satisfies Serving;
  }
  return {
    ...common,
    start: { static: folder, fallback: 'index.html' },
    startSaid: `${outDir === undefined ? 'dist is where vite build puts it' : `from outDir in ${config?.path}`}; the fallback answers every address of a single-page app.`,
  };
};

/** Where the build ends up; undefined when that cannot be read from the configuration. */
function placeOf(root: string | undefined, outDir: string | undefined): string | undefined {
  if (root !== undefined && root !== '.' && root !== './') return undefined;
  const folder = (outDir ?? 'dist').replace(/^\.\//, '').replace(/\/$/, '');
  return folder.startsWith('../') || folder.startsWith('/') ? undefined : folder;
}
