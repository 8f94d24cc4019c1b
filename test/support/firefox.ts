import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WebSocket } from 'ws';
import { buildExtension } from '../../scripts/build-extension.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const BINARY = '/usr/bin/firefox-esr';
const START_MS = 60_000;
const EXTENSION = 'codex-builder@codex-builder.dev';
/** Firefox makes one up for each installation; a test wants to know it beforehand. */
const UUID = '11111111-2222-4333-8444-555555555555';
export const FIREFOX_ORIGIN = `moz-extension://${UUID}`;

/** Quiet, offline, and with our extension at a known place. */
const PREFERENCES: Readonly<Record<string, unknown>> = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.getAddons.cache.enabled': false,
  'extensions.webextensions.uuids': JSON.stringify({ [EXTENSION]: UUID }),
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.enabled': false,
};

/** A Firefox steered by WebDriver BiDi, the one protocol it speaks without another program. */
export interface Firefox {
  command(method: string, params?: object): Promise<unknown>;
  /** Opens a tab; answers its context. */
  open(url: string): Promise<string>;
  /** The value of an expression in a tab, awaited. */
  evaluate(context: string, expression: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts Firefox ESR with the built extension installed. Throws, with what to do, when there is none. */
export async function openFirefox(kind: 'release' | 'debug' = 'debug'): Promise<Firefox> {
  if (!existsSync(BINARY)) throw new Error('no Firefox on this machine: apt-get install -y firefox-esr');
  const { firefox: folder } = await buildExtension(ROOT, kind);
  const profile = mkdtempSync('/var/tmp/cb-firefox-');
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile, 'user.js'), lines.join(''));
  const child = spawn(
    BINARY,
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', '--remote-allow-system-access', 'about:blank'],
    { env: { ...process.env, HOME: profile, MOZ_HEADLESS_WIDTH: '1280', MOZ_HEADLESS_HEIGHT: '800' }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      const timer = setTimeout(() => reject(new Error(`Firefox did not start:\n${said}`)), START_MS);
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk;
        const found = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(said)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
    });
    const firefox = await steer(`${address}/session`, end);
    await firefox.command('session.new', { capabilities: {} });
    await firefox.command('webExtension.install', { extensionData: { type: 'path', path: folder } });
    return firefox;
  } catch (error) {
    await end();
    throw error;
  }
}

async function steer(url: string, end: () => Promise<void>): Promise<Firefox> {
  const socket = new WebSocket(url);
  await new Promise((opened, failed) => socket.once('open', opened).once('error', failed));
  const waiting = new Map<number, (answer: { type: string; result?: unknown; error?: string; message?: string }) => void>();
  let last = 0;
  socket.on('message', (data) => {
    const answer = JSON.parse(data.toString());
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const command = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve, reject) => {
      last += 1;
      waiting.set(last, ({ type, result, error, message }) =>
        type === 'error' ? reject(new Error(`${method}: ${error} ${message}`)) : resolve(result),
      );
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  return {
    command,
    async open(to) {
      const { context } = (await command('browsingContext.create', { type: 'tab' })) as { context: string };
      await command('browsingContext.navigate', { context, url: to, wait: 'complete' });
      return context;
    },
    async evaluate(context, expression) {
      // As JSON, so that any value comes back as itself.
      const answer = (await command('script.evaluate', {
        expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value))`,
        target: { context },
        awaitPromise: true,
      })) as { type: string; result?: { value?: string }; exceptionDetails?: { text: string } };
      if (answer.type !== 'success') throw new Error(answer.exceptionDetails?.text ?? 'no answer');
      return answer.result?.value === undefined ? undefined : JSON.parse(answer.result.value);
    },
    async close() {
      socket.close();
      await end();
    },
  };
}
