/**
 * ChatGPT and its sign-in, scripted, behind the real egress proxy. Only names, addresses and the port 443 are bent: a sandboxed program that
 * asks for `chatgpt.com:443` by the proxy gets here when `chatgpt.com` is a host that it may reach.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEgress } from '../../daemon/adapters/sandbox/egress.ts';
import type { Sandbox, SandboxNet, SandboxRequest } from '../../daemon/ports.ts';

const ACCOUNT = 'account-1';
const PROXY_PORT = 43_128;

export interface ChatGpt {
  /** Where the person's sign-in lies. */
  readonly signIn: string;
  readonly requests: readonly { host: string; path: string; authorization: string; account: string }[];
  /** Ways out that sandboxed programs were given, hosts they were refused, and the refresh tokens that were used. */
  readonly nets: readonly SandboxNet[];
  readonly refused: readonly string[];
  readonly renewals: readonly string[];
  /** How it behaves from now on. */
  readonly manner: { origin: string; takesNoToken: boolean; renewsNothing: boolean };
  /** Puts a sign-in there whose access token lasts for so long. */
  signInFor(lastsMs: number): { accessToken: string; refreshToken: string };
  around(sandbox: Sandbox): Sandbox;
  close(): Promise<void>;
}

/** Forwards what it is asked as the model to `modelUrl()`. */
export async function openChatGpt(modelUrl: () => string): Promise<ChatGpt> {
  const folder = mkdtempSync(join(tmpdir(), 'gpt-'));
  const signIn = join(folder, 'sign-in');
  mkdirSync(signIn);
  const { key, cert } = makeCertificates(folder);
  const requests: { host: string; path: string; authorization: string; account: string }[] = [];
  const nets: SandboxNet[] = [];
  const refused: string[] = [];
  const renewals: string[] = [];
  const manner = { origin: 'https://chatgpt.com', takesNoToken: false, renewsNothing: false };
  const valid = new Set<string>();

  const server = https.createServer({ key, cert }, (request, response) => {
    const path = request.url ?? '/';
    const authorization = request.headers.authorization ?? '';
    requests.push({
      host: request.headers.host ?? '',
      path: path.split('?')[0] ?? '',
      authorization,
      account: String(request.headers['chatgpt-account-id'] ?? ''),
    });
    const answer = (status: number, body: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      if (path === '/oauth/token') {
        const { refresh_token: used } = JSON.parse(body.toString('utf8')) as { refresh_token: string };
        renewals.push(used);
        if (manner.renewsNothing || !valid.delete(used)) return answer(401, { error: { code: 'refresh_token_reused', message: 'used' } });
        const refreshToken = `refresh-${renewals.length}-of-the-person`;
        valid.add(refreshToken);
        return answer(200, { id_token: token(3_600_000), access_token: token(86_400_000), refresh_token: refreshToken });
      }
      if (manner.takesNoToken && path.startsWith('/backend-api')) return answer(401, { error: { code: 'token_expired', message: 'no' } });
      if (path === '/backend-api/wham/accounts/check')
        return answer(200, {
          accounts: [{ id: ACCOUNT, plan_type: 'plus', workspace_backend_origin: manner.origin, account_routing_override: 'us' }],
          account_ordering: [ACCOUNT],
        });
      if (!path.endsWith('/responses')) return answer(404, {});
      const forwarded = http.request(
        `${modelUrl()}/responses`,
        { method: 'POST', headers: { 'content-type': 'application/json' } },
        (from) => {
          response.writeHead(from.statusCode ?? 502, { 'content-type': from.headers['content-type'] });
          from.pipe(response);
        },
      );
      response.on('close', () => forwarded.destroy());
      forwarded.on('error', () => response.destroy());
      forwarded.end(body);
    });
  });
  server.on('upgrade', (_request, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let runs = 0;

  const run = async (sandbox: Sandbox, request: SandboxRequest) => {
    if (request.net.kind !== 'allow') return sandbox.run(request);
    nets.push(request.net);
    const way = openWay(join(folder, `${++runs}`), request.net.hosts, port, (host) => refused.push(host));
    await way.listening;
    const proxy = `http://127.0.0.1:${PROXY_PORT}`;
    try {
      return await sandbox.run({
        ...request,
        net: { kind: 'relay', socket: way.socket, port: PROXY_PORT },
        mounts: [...request.mounts, { host: join(folder, 'ca.pem'), inside: '/run/ca.pem', mode: 'ro' }],
        env: {
          ...request.env,
          HTTPS_PROXY: proxy,
          HTTP_PROXY: proxy,
          NO_PROXY: 'localhost,127.0.0.1',
          CODEX_CA_CERTIFICATE: '/run/ca.pem',
        },
      });
    } finally {
      await way.close();
    }
  };

  return {
    signIn,
    requests,
    nets,
    refused,
    renewals,
    manner,
    signInFor(lastsMs) {
      const accessToken = token(lastsMs);
      const refreshToken = `refresh-0-of-the-person`;
      valid.add(refreshToken);
      const tokens = { id_token: token(3_600_000), access_token: accessToken, refresh_token: refreshToken, account_id: ACCOUNT };
      const content = { auth_mode: 'chatgpt', OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() };
      writeFileSync(join(signIn, 'auth.json'), JSON.stringify(content), { mode: 0o600 });
      return { accessToken, refreshToken };
    },
    around: (sandbox) => ({ ...sandbox, run: (request) => run(sandbox, request) }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The real proxy, and before it a socket that says the port of our server where a program says 443. */
function openWay(folder: string, hosts: readonly string[], port: number, onRefused: (host: string) => void) {
  mkdirSync(folder);
  const inner = join(folder, 'egress.sock');
  const socket = join(folder, 'way.sock');
  const egress = openEgress({
    socket: inner,
    hosts,
    onRefused,
    resolve: async () => ['127.0.0.1'],
    isAllowedAddress: () => true,
    ports: { connect: port, plain: port },
  });
  if ('detail' in egress) throw new Error(egress.detail);
  const front = net.createServer({ allowHalfOpen: true }, (outside) => {
    const inside = net.connect({ path: inner, allowHalfOpen: true });
    for (const [a, b] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      a.on('error', () => b.destroy());
      a.on('close', () => b.destroy());
    }
    inside.pipe(outside);
    outside.once('data', (chunk: Buffer) => {
      inside.write(chunk.toString('latin1').replace(/^(CONNECT [^ ]+):443 /, `$1:${port} `), 'latin1');
      outside.pipe(inside);
    });
  });
  return {
    socket,
    listening: new Promise<void>((resolve) => front.listen(socket, resolve)),
    async close() {
      await egress.close();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}

let made = 0;
/** A token as ChatGPT's look. Nobody checks its signature. */
function token(lastsMs: number): string {
  const part = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');
  const auth = { chatgpt_plan_type: 'plus', chatgpt_user_id: 'user-1', chatgpt_account_id: ACCOUNT };
  const claims = { exp: Math.floor((Date.now() + lastsMs) / 1_000), jti: `${++made}`, 'https://api.openai.com/auth': auth };
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.${part('signature')}`;
}

function makeCertificates(folder: string): { key: Buffer; cert: Buffer } {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const keyArguments = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...keyArguments,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test',
    '-addext',
    'basicConstraints=critical,CA:true',
  );
  openssl('req', ...keyArguments, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=chatgpt.com');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:chatgpt.com,DNS:*.chatgpt.com,DNS:auth.openai.com\n');
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'server.pem',
    '-days',
    '2',
    '-extfile',
    'names',
  );
  execFileSync('chmod', ['644', join(folder, 'ca.pem')]);
  return { key: readFileSync(join(folder, 'server.key')), cert: readFileSync(join(folder, 'server.pem')) };
}
