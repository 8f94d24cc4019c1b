import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildExtension } from '../../scripts/build-extension.mjs';
import { type Bidi, steer } from './bidi.ts';
import { type FirefoxWindow, openWindow } from './firefox-window.ts';

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

/** A Firefox with the built extension in it. */
export interface Firefox extends Bidi, FirefoxWindow {
  /** The tab that was open before the extension came. */
  first: string;
}

/** Starts Firefox ESR, opens a page and then installs the built extension. Throws, with what to do, when there is none. */
export async function openFirefox(first: string, kind: 'release' | 'debug' = 'debug'): Promise<Firefox> {
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
    const bidi = await steer(`${address}/session`, end);
    await bidi.command('session.new', { capabilities: {} });
    const tab = await bidi.open(first);
    await bidi.command('webExtension.install', { extensionData: { type: 'path', path: folder } });
    return { ...bidi, ...(await openWindow(bidi, EXTENSION)), first: tab };
  } catch (error) {
    await end();
    throw error;
  }
}
