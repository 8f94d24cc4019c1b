import type { AppView } from '../app-view.ts';
import { buildOf, configOf, type Detector, seenIn } from '../serving.ts';

/** Generators whose build is a folder of files. `output` is where they put it; `setting` finds another place in their configuration. */
interface SiteRow {
  name: string;
  dependency: string;
  program: readonly [string, ...string[]];
  output: string;
  config: readonly string[];
  setting?: RegExp;
  fallback?: string;
}

// biome-ignore format: a table is read by column
const GENERATORS: readonly SiteRow[] = [
  { name: 'Eleventy',         dependency: '@11ty/eleventy',   program: ['eleventy'],               output: '_site',  config: ['.eleventy.js', '.eleventy.cjs', 'eleventy.config.js', 'eleventy.config.mjs', 'eleventy.config.cjs', 'eleventy.config.ts'], setting: /\boutput\s*:\s*['"]([\w./-]+)['"]|setOutputDirectory\(\s*['"]([\w./-]+)['"]/ },
  { name: 'Create React App', dependency: 'react-scripts',    program: ['react-scripts', 'build'], output: 'build',  config: [], fallback: 'index.html' },
  { name: 'Vue CLI',          dependency: '@vue/cli-service', program: ['vue-cli-service', 'build'], output: 'dist', config: ['vue.config.js', 'vue.config.cjs'], setting: /\boutputDir\s*:\s*['"]([\w./-]+)['"]/, fallback: 'index.html' },
  { name: 'Gatsby',           dependency: 'gatsby',           program: ['gatsby', 'build'],        output: 'public', config: [] },
  { name: 'Docusaurus',       dependency: '@docusaurus/core', program: ['docusaurus', 'build'],    output: 'build',  config: [] },
  { name: 'VuePress',         dependency: 'vuepress',         program: ['vuepress', 'build', 'docs'], output: 'docs/.vuepress/dist', config: [] },
  { name: 'Hexo',             dependency: 'hexo',             program: ['hexo', 'generate'],       output: 'public', config: ['_config.yml'], setting: /^public_dir:\s*([\w./-]+)/m },
  { name: 'Parcel',           dependency: 'parcel',           program: ['parcel', 'build'],        output: 'dist',   config: [] },
];

/** Site generators of Node. */
export const siteGenerator: Detector = (app) => {
  const row = GENERATORS.find(({ dependency }) => app.uses(dependency));
  if (row === undefined) return app.uses('vitepress') ? vitePress(app) : app.uses('@angular/core') ? angular(app) : undefined;
  const config = configOf(app, ...row.config);
  const found = row.setting?.exec(config?.text ?? '');
  const folder = (found?.[1] ?? found?.[2] ?? row.output).replace(/^\.\//, '').replace(/\/$/, '');
  return {
    name: row.name,
    from: seenIn(app, row.dependency),
    build: buildOf(app, app.bin(...row.program)),
    start: { static: folder, ...(row.fallback === undefined ? {} : { fallback: row.fallback }) },
    startSaid: found == null ? `${folder} is where ${row.name} puts it.` : `from ${config?.path}`,
    isStatic: true,
  };
};

/** VitePress lives in a folder of its own, which only its scripts name. */
function vitePress(app: AppView): ReturnType<Detector> {
  const script = ['build', 'docs:build'].find((name) => /\bvitepress\s+build\b/.test(app.script(name) ?? ''));
  const text = script === undefined ? '' : app.script(script)!;
  const folder = /\bvitepress\s+build(?:\s+([\w./-]+))?/.exec(text)?.[1];
  const common = { name: 'VitePress', from: seenIn(app, 'vitepress'), isStatic: true };
  if (script === undefined) {
    const alternatives = [app.bin('vitepress', 'build', 'docs')];
    return {
      ...common,
      start: { unknown: 'no script of package.json builds it, so its folder is not known', alternatives },
      startSaid: '',
    };
  }
  return {
    ...common,
    build: { command: app.run(script), from: `package.json scripts.${script}` },
    start: { static: `${folder === undefined || folder === '.' ? '' : `${folder}/`}.vitepress/dist` },
    startSaid: 'Where vitepress build puts it.',
  };
}

/** Angular says in angular.json where it builds to, in one of several ways. */
function angular(app: AppView): ReturnType<Detector> {
  const text = app.read('angular.json') ?? '';
  const project = /"projects"\s*:\s*\{\s*"([\w@/-]+)"/.exec(text)?.[1];
  const output = /"outputPath"\s*:\s*"([\w./-]+)"/.exec(text)?.[1] ?? (project === undefined ? undefined : `dist/${project}`);
  const common = { name: 'Angular', from: seenIn(app, '@angular/core'), build: buildOf(app, app.bin('ng', 'build')), isStatic: true };
  const usesBrowserFolder = /"@angular(?:-devkit)?\/build(?:-angular)?:application"/.test(text);
  if (output === undefined || /"(?:server|ssr)"\s*:/.test(text)) {
    const alternatives = project === undefined ? [] : [`node dist/${project}/server/server.mjs`];
    return { ...common, start: { unknown: 'angular.json does not say it in a way that init knows', alternatives }, startSaid: '' };
  }
  return {
    ...common,
    start: { static: usesBrowserFolder ? `${output}/browser` : output, fallback: 'index.html' },
    startSaid: 'from outputPath in angular.json',
  };
}

/** A folder of pages that nothing builds. */
export const plainFolder: Detector = (app) => {
  const page = app.first('index.html', 'public/index.html', 'site/index.html', 'www/index.html', 'src/index.html', 'docs/index.html');
  if (page === undefined) return undefined;
  const folder = page === 'index.html' ? '.' : page.slice(0, -'/index.html'.length);
  return {
    name: 'Static files',
    from: page,
    start: { static: folder },
    startSaid: `${page} is there, and nothing that builds it.`,
    isStatic: true,
  };
};
