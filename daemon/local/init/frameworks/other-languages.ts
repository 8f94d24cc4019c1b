import type { Detector } from '../serving.ts';

/** Ruby on Rails: a preview is sure, what production needs is not in the repository. */
export const rails: Detector = (app) => {
  if (!app.has('bin/rails') || !app.has('config.ru')) return undefined;
  return {
    name: 'Ruby on Rails',
    from: 'bin/rails',
    start: {
      unknown:
        'production of Rails wants RAILS_ENV=production in deploy.env, its secrets in <state>/production/env, its database in $DATA_DIR',
      alternatives: ['bin/rails server -e production -b 127.0.0.1 -p $PORT -P /tmp/rails-$PORT.pid'],
    },
    startSaid: '',
    preview: {
      start: { command: 'bin/rails server -e development -b 127.0.0.1 -p $PORT -P /tmp/rails-$PORT.pid' },
      said: 'in the development environment, because production wants secrets and assets built for it',
    },
    checks: app.files.some((path) => path.startsWith('test/'))
      ? [{ name: 'test', command: 'bin/rails test', from: 'bin/rails and test/' }]
      : [],
    setup: {
      command: 'bundle config set --local path vendor/bundle && bundle install',
      from: 'Gemfile.lock',
      keep: ['vendor/bundle', '.bundle'],
      inputs: ['Gemfile', 'Gemfile.lock'],
      note: 'The host must allow rubygems.org and index.rubygems.org: sandbox.registryHosts in host.jsonc.',
    },
  };
};

/** Known by a file, but how it is started only a person can say. */
// biome-ignore format: a table is read by column
const KNOWN = [
  { file: 'artisan',        name: 'Laravel',         alternatives: ['php artisan serve --host=127.0.0.1 --port=$PORT'] },
  { file: 'composer.json',  name: 'PHP',             alternatives: ['php -S 127.0.0.1:$PORT -t public'] },
  { file: 'config.ru',      name: 'Rack',            alternatives: ['bundle exec rackup -o 127.0.0.1 -p $PORT', 'bundle exec puma -b tcp://127.0.0.1:$PORT'] },
  { file: 'go.mod',         name: 'Go',              alternatives: ['go run . (its own flag or variable for $PORT)'] },
  { file: 'Cargo.toml',     name: 'Rust',            alternatives: ['cargo run --release (its own flag or variable for $PORT)'] },
  { file: 'mix.exs',        name: 'Elixir',          alternatives: ['mix phx.server (PORT is read in config/runtime.exs)'] },
  { file: 'pom.xml',        name: 'Java (Maven)',    alternatives: ['java -jar target/app.jar --server.address=127.0.0.1 --server.port=$PORT'] },
  { file: 'build.gradle',   name: 'Java (Gradle)',   alternatives: ['java -jar build/libs/app.jar --server.address=127.0.0.1 --server.port=$PORT'] },
  { file: 'build.gradle.kts', name: 'Java (Gradle)', alternatives: ['java -jar build/libs/app.jar --server.address=127.0.0.1 --server.port=$PORT'] },
  { file: 'deno.json',      name: 'Deno',            alternatives: ['deno task start', 'deno serve --host 127.0.0.1 --port $PORT main.ts'] },
  { file: 'deno.jsonc',     name: 'Deno',            alternatives: ['deno task start', 'deno serve --host 127.0.0.1 --port $PORT main.ts'] },
  { file: 'hugo.toml',      name: 'Hugo',            alternatives: ['deploy.build: hugo --minify, deploy.static: public'] },
  { file: '_config.yml',    name: 'Jekyll',          alternatives: ['deploy.build: bundle exec jekyll build, deploy.static: _site'] },
  { file: 'Dockerfile',     name: 'Docker',          alternatives: ['the CMD of the Dockerfile, on 127.0.0.1:$PORT'] },
  { file: 'docker-compose.yml', name: 'Docker Compose', alternatives: ['the command of its web service, on 127.0.0.1:$PORT'] },
] as const;

/** Languages and tools that are recognised and no more. */
export const otherLanguage: Detector = (app) => {
  const row = KNOWN.find(({ file }) => app.has(file));
  if (row === undefined) return undefined;
  return {
    name: row.name,
    from: row.file,
    start: {
      unknown: `this is ${row.name}, and nothing in the repository says for sure how it is started`,
      alternatives: row.alternatives,
    },
    startSaid: '',
  };
};
