import type { AppView } from '../app-view.ts';
import { findInSources } from '../contents.ts';
import type { Detector, Serving } from '../serving.ts';

const PYPI = 'The host must allow pypi.org and files.pythonhosted.org: sandbox.registryHosts in host.jsonc.';

/** How Python's packages are installed, by the file that names them. `in` goes before a program. */
// biome-ignore format: a table is read by column
const INSTALLERS = [
  { file: 'uv.lock',          install: 'uv sync --frozen',                                                              before: 'uv run --no-sync ', keep: ['.venv'], inputs: ['uv.lock', 'pyproject.toml'] },
  { file: 'poetry.lock',      install: 'POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --no-root',                      before: '.venv/bin/',        keep: ['.venv'], inputs: ['poetry.lock', 'pyproject.toml'] },
  { file: 'requirements.txt', install: 'python3 -m venv .venv && .venv/bin/pip install --no-input -r requirements.txt', before: '.venv/bin/',        keep: ['.venv'], inputs: ['requirements*.txt'] },
] as const;

/** Django, Flask and FastAPI. */
export const python: Detector = (app) => {
  const installer = INSTALLERS.find(({ file }) => app.has(file));
  const packages = ['requirements.txt', 'pyproject.toml', 'uv.lock', 'poetry.lock', 'Pipfile']
    .map((path) => app.read(path) ?? '')
    .join('\n')
    .toLowerCase();
  const lists = (name: string) => new RegExp(`(^|["'\\s])${name}(["'\\s=<>~!;\\[,]|$)`, 'm').test(packages);
  const before = installer?.before ?? '';
  const found = django(app, before, lists) ?? asgi(app, before) ?? flask(app, before, lists);
  if (found === undefined) return undefined;
  const checks = lists('pytest') ? [{ name: 'test', command: `${before}pytest`, from: 'pytest among the packages' }] : (found.checks ?? []);
  const lint = lists('ruff') ? [{ name: 'lint', command: `${before}ruff check .`, from: 'ruff among the packages' }] : [];
  return {
    ...found,
    checks: [...lint, ...checks],
    ...(installer === undefined
      ? {}
      : { setup: { command: installer.install, from: installer.file, keep: installer.keep, inputs: installer.inputs, note: PYPI } }),
  };
};

function django(app: AppView, before: string, lists: (name: string) => boolean): Serving | undefined {
  if (!app.has('manage.py')) return undefined;
  const manage = `${before}python manage.py`;
  const project = /DJANGO_SETTINGS_MODULE['"]\s*,\s*['"]([\w.]+?)\.settings/.exec(app.read('manage.py') ?? '')?.[1];
  const server = lists('gunicorn')
    ? `${before}gunicorn ${project}.wsgi --bind 127.0.0.1:$PORT`
    : lists('uvicorn')
      ? `${before}uvicorn ${project}.asgi:application --host 127.0.0.1 --port $PORT`
      : undefined;
  const isSure = server !== undefined && project !== undefined;
  return {
    name: 'Django',
    from: 'manage.py',
    start: isSure
      ? { command: server }
      : {
          unknown: 'no server for production (gunicorn, uvicorn) is among the packages',
          alternatives: [`${before}gunicorn ${project ?? 'PROJECT'}.wsgi --bind 127.0.0.1:$PORT`],
        },
    startSaid: isSure ? `from ${lists('gunicorn') ? 'gunicorn' : 'uvicorn'} among the packages, ${project} in manage.py` : '',
    preview: {
      start: { command: `${manage} runserver --noreload 127.0.0.1:$PORT` },
      said: "Django's own server, because it also serves the static files that production collects elsewhere",
    },
    migrate: { command: `${manage} migrate --noinput`, from: 'manage.py' },
    checks: [{ name: 'test', command: `${manage} test`, from: 'manage.py' }],
    notes: ['Names in ALLOWED_HOSTS must include the host of production: .localhost, or your domain.'],
  };
}

function asgi(app: AppView, before: string): Serving | undefined {
  const found = findInSources(app, /^(\w+)\s*(?::\s*\w+\s*)?=\s*(FastAPI|Starlette|Litestar)\(/m);
  if (found === undefined || !found.path.endsWith('.py')) return undefined;
  const module = found.path.replace(/\.py$/, '').replaceAll('/', '.');
  return {
    name: found.match[2]!,
    from: found.path,
    start: { command: `${before}uvicorn ${module}:${found.match[1]} --host 127.0.0.1 --port $PORT` },
    startSaid: `from ${found.match[1]} in ${found.path}`,
  };
}

function flask(app: AppView, before: string, lists: (name: string) => boolean): Serving | undefined {
  const found = findInSources(app, /^(\w+)\s*=\s*(?:flask\.)?Flask\(/m) ?? findInSources(app, /^def (create_app|make_app)\(/m);
  if (found === undefined || !found.path.endsWith('.py')) return undefined;
  const module = found.path.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.');
  const isFactory = found.match[0].startsWith('def ');
  const target = `${module}:${found.match[1]}${isFactory ? '()' : ''}`;
  return {
    name: 'Flask',
    from: found.path,
    start: lists('gunicorn')
      ? { command: `${before}gunicorn '${target}' --bind 127.0.0.1:$PORT` }
      : {
          unknown: "no server for production is among the packages; Flask's own is not one",
          alternatives: [`${before}gunicorn '${target}' --bind 127.0.0.1:$PORT`],
        },
    startSaid: `from gunicorn among the packages, ${found.match[1]} in ${found.path}`,
    ...(lists('gunicorn')
      ? {}
      : {
          preview: {
            start: { command: `${before}flask --app ${module} run --host 127.0.0.1 --port $PORT` },
            said: "Flask's own server, because no other is among the packages",
          },
        }),
  };
}
