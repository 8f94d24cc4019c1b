import { type Contents, within } from './contents.ts';
import { type Manifest, readManifest } from './manifest.ts';

/** Where the app is in the repository, and why that folder. */
export interface AppFolder {
  folder: string;
  from: string;
  /** Others that look like apps too. */
  others: readonly string[];
}

/** Folders in which an app lies by habit, the likeliest first. */
const HABITS = ['web', 'app', 'site', 'website', 'frontend', 'client', 'www', 'dashboard', 'server', 'api', 'backend', 'docs'];
const NOT_APPS = /(?:^|\/)(?:node_modules|vendor|dist|build|fixtures?|examples?|templates?|tests?|e2e|e2e-tests)(?:\/|$)/;
/** Programs in scripts by which a folder shows that it serves pages. */
const SERVES =
  /\b(?:next|nuxt|nuxi|vite|astro|remix|react-router|react-scripts|gatsby|eleventy|docusaurus|vitepress|ng|vue-cli-service|svelte-kit|webpack|parcel|node|tsx|nodemon|bun|fastify|nest|hono)\b/;

/** The folder of the app. `asked` is the folder that was named, from the root. */
export function findAppFolder(contents: Contents, asked: string): AppFolder {
  if (asked !== '.') return { folder: asked, from: 'the folder you named', others: [] };
  const root = readManifest(contents.read('package.json'));
  const globs = [...(root?.workspaces ?? []), ...pnpmWorkspaces(contents.read('pnpm-workspace.yaml'))];
  if (root !== undefined && globs.length === 0) return { folder: '.', from: 'package.json at the root', others: [] };
  if (root !== undefined && isApp(root)) return { folder: '.', from: 'scripts of package.json at the root', others: [] };

  const folders = contents.files
    .filter((path) => path.endsWith('/package.json') && !NOT_APPS.test(path))
    .map((path) => path.slice(0, -'/package.json'.length))
    .filter((folder) => (globs.length === 0 ? folder.split('/').length <= 2 : globs.some((glob) => isWorkspace(glob, folder))))
    .filter((folder) => {
      const manifest = readManifest(contents.read(`${folder}/package.json`));
      return manifest !== undefined && isApp(manifest);
    });
  const [best, ...others] = [...folders].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  if (best === undefined || (root === undefined && hasOwnApp(within(contents, '.'))))
    return { folder: '.', from: 'the root', others: folders };
  const from =
    globs.length === 0 ? `${best}/package.json` : `the workspaces in ${root?.workspaces.length ? 'package.json' : 'pnpm-workspace.yaml'}`;
  return { folder: best, from, others };
}

/** An app is started or served; a library is only built. */
function isApp({ scripts, dependencies, devDependencies }: Manifest): boolean {
  const starts = [scripts['start'], scripts['dev'], scripts['serve'], scripts['preview']].filter((text) => text !== undefined);
  const runsOthers = /\b(?:turbo|nx|lerna|concurrently|npm-run-all|run-[sp])\b|--filter|--workspaces?\b|-w \w/;
  return starts.some((text) => SERVES.test(text) && !runsOthers.test(text)) || 'next' in { ...dependencies, ...devDependencies };
}

/** Something other than Node at the root: then a package.json deeper down is only its front end. */
function hasOwnApp(contents: Contents): boolean {
  return ['manage.py', 'config.ru', 'artisan', 'go.mod', 'Cargo.toml', 'mix.exs', 'index.html'].some((path) =>
    contents.files.includes(path),
  );
}

function rank(folder: string): number {
  const at = HABITS.indexOf(folder.split('/').at(-1)!);
  return at === -1 ? HABITS.length : at;
}

function pnpmWorkspaces(text: string | undefined): readonly string[] {
  const list = /^packages:\s*\n((?:[ \t]*(?:-.*|#.*)?\n?)*)/m.exec(`${text ?? ''}\n`)?.[1] ?? '';
  return [...list.matchAll(/^\s*-\s*["']?([^"'#\n]+?)["']?\s*(?:#.*)?$/gm)]
    .map((match) => match[1]!)
    .filter((glob) => !glob.startsWith('!'));
}

function isWorkspace(glob: string, folder: string): boolean {
  const pattern = glob
    .replace(/^\.\//, '')
    .replace(/\/$/, '')
    .split('/')
    .map((part) => (part === '**' ? '.+' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]+')))
    .join('/');
  return new RegExp(`^${pattern}$`).test(folder);
}
