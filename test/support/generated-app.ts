import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A small web app that exists nowhere else: folder names, routes and words are drawn anew each time. */
export interface GeneratedApp {
  repo: string;
  /** Route whose words a run changes. */
  route: string;
  /** File with those words. */
  file: string;
  words: string;
  git(...args: string[]): string;
  /** Puts a file into main as a person would. */
  commit(path: string, text: string): void;
}

const draw = (prefix: string) => `${prefix}${randomBytes(4).toString('hex')}`;

export interface AppOptions {
  /** Shell commands of the checks beside the unit test. */
  checks?: readonly { name: string; command: string; required?: boolean; timeoutMs?: number }[];
  slots?: number;
  settings?: Record<string, unknown>;
}

/** Writes the app into a fresh folder as a git repository with one commit on main. */
export function generateApp(options: AppOptions = {}): GeneratedApp {
  const repo = mkdtempSync(join(tmpdir(), `${draw('app-')}-`));
  const folder = draw('part-');
  const route = `/${draw('page-')}`;
  const file = `${folder}/words.txt`;
  const words = draw('first-words-');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repo, '-c', 'user.name=Someone', '-c', 'user.email=someone@example.test', ...args], {
      encoding: 'utf8',
    }).trim();
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(repo, path)), { recursive: true });
    writeFileSync(join(repo, path), text);
  };
  put(file, `${words}\n`);
  put(`${folder}/serve.mjs`, server(route));
  put(`${folder}/seed.mjs`, `import { writeFileSync } from 'node:fs';\nwriteFileSync(process.env.DATA_DIR + '/rows.txt', 'seeded\\n');\n`);
  put(`${folder}/migrate.mjs`, `import { appendFileSync } from 'node:fs';\nappendFileSync(process.env.DATA_DIR + '/rows.txt', '');\n`);
  put(
    `${folder}/unit.mjs`,
    `import { readFileSync } from 'node:fs';\nconst words = readFileSync(new URL('./words.txt', import.meta.url), 'utf8');\nif (/broken/.test(words)) { console.error('the words are broken'); process.exit(1); }\nconsole.log('unit ok');\n`,
  );
  put(
    'codex-builder.jsonc',
    JSON.stringify(
      {
        ...(options.slots === undefined ? {} : { slots: Array.from({ length: options.slots }, () => ({})) }),
        checks: [{ name: 'unit', command: `node ${folder}/unit.mjs` }, ...(options.checks ?? [])],
        smoke: { core: ['/'], routes: { [`${folder}/**`]: [route] } },
        preview: {
          command: `node ${folder}/serve.mjs`,
          data: { kind: 'sqlite', file: 'rows.txt', seed: `node ${folder}/seed.mjs` },
          health: { path: '/up' },
        },
        deploy: { migrate: `node ${folder}/migrate.mjs`, start: `node ${folder}/serve.mjs`, health: { path: '/up', timeoutMs: 8_000 } },
        ...options.settings,
      },
      null,
      2,
    ),
  );
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'The app');
  return {
    repo,
    route,
    file,
    words,
    git,
    commit(path, text) {
      put(path, text);
      git('add', '-A');
      git('commit', '-q', '-m', `Change ${path}`);
    },
  };
}

function server(route: string): string {
  return `import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const rows = process.env.DATA_DIR + '/rows.txt';
const words = () => readFileSync(new URL('./words.txt', import.meta.url), 'utf8').trim();
// Words that say so make a release that starts but is never healthy, or takes its time.
const sick = words().includes('unhealthy') && process.env.RELEASE_ID !== undefined;
const slow = words().includes('slow-start') ? 1500 : 0;
const html = (body) => '<!doctype html><html lang="en"><title>app</title><body data-release="' + (process.env.RELEASE_COMMIT ?? 'preview') + '">' + body + '</body></html>';
const server = createServer((request, response) => {
  const send = (status, body) => response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html(body));
  const path = new URL(request.url, 'http://x').pathname;
  if (path === '/up') return sick ? send(500, 'sick') : send(200, 'up');
  if (path === '/rows' && request.method === 'POST') {
    let text = '';
    request.on('data', (chunk) => { text += chunk; });
    return request.on('end', () => { appendFileSync(rows, text + '\\n'); send(200, 'kept'); });
  }
  if (path === '/rows') return send(200, '<pre>' + (existsSync(rows) ? readFileSync(rows, 'utf8') : '') + '</pre>');
  if (path === '/' || path === ${JSON.stringify(route)}) return send(200, '<h1>' + words() + '</h1><p>pid ' + process.pid + '</p>');
  send(404, 'nothing here');
});
setTimeout(() => server.listen(Number(process.env.PORT), '127.0.0.1'), slow);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;
}
