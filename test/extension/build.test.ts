import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInstance } from 'addons-linter';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildExtension } from '../../scripts/build-extension.mjs';
import { ROOT } from '../architecture/source-files.ts';
import { EXTENSION_ID } from '../support/extension.ts';

interface Manifest {
  key?: string;
  version: string;
  permissions: string[];
  host_permissions: string[];
  content_security_policy: { extension_pages: string };
  web_accessible_resources?: unknown;
  externally_connectable?: unknown;
  browser_specific_settings?: { gecko: { id: string } };
}

const BUILD_MS = 120_000;
let folders: { chrome: string; firefox: string };
const manifest = (browser: 'chrome' | 'firefox'): Manifest => JSON.parse(readFileSync(join(folders[browser], 'manifest.json'), 'utf8'));
const files = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

beforeAll(async () => {
  folders = await buildExtension(ROOT, 'release');
}, BUILD_MS);

test('a release is a loadable folder and a zip for each browser', () => {
  for (const browser of ['chrome', 'firefox'] as const) {
    expect(existsSync(join(folders[browser], 'background.js'))).toBe(true);
    expect(
      readFileSync(join(ROOT, 'dist/extension', `codex-builder-${browser}.zip`))
        .subarray(0, 2)
        .toString(),
    ).toBe('PK');
  }
});

test('the ids are fixed, so that a pairing outlives another folder and an update', () => {
  const digest = createHash('sha256')
    .update(Buffer.from(manifest('chrome').key!, 'base64'))
    .digest('hex')
    .slice(0, 32);
  expect(digest.replace(/[0-9a-f]/g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)))).toBe(EXTENSION_ID);
  expect(manifest('firefox').browser_specific_settings?.gecko.id).toBe('codex-builder@codex-builder.dev');
});

describe.each(['chrome', 'firefox'] as const)('for %s', (browser) => {
  test('it asks for these permissions and no others, and lets no page reach into it', () => {
    const { permissions, host_permissions, content_security_policy, web_accessible_resources, externally_connectable } = manifest(browser);
    expect([...permissions].sort()).toEqual(['alarms', 'notifications', 'scripting', 'storage']);
    expect(host_permissions).toEqual(['<all_urls>']);
    expect(content_security_policy).toEqual({ extension_pages: "script-src 'self'; object-src 'self'" });
    expect([web_accessible_resources, externally_connectable]).toEqual([undefined, undefined]);
  });

  test('nothing in it comes from elsewhere: no remote script, font, style or source map', () => {
    const texts = files(folders[browser]).filter((file) => /\.(js|css|html)$/.test(file));
    expect(texts.length).toBeGreaterThan(3);
    for (const file of texts) {
      expect(readFileSync(file, 'utf8')).not.toMatch(
        /(?:src|href)="https?:|@import\s+(?:url\()?["']?https?:|import\(["']https?:|sourceMappingURL/,
      );
    }
  });
});

test('Mozilla’s linter finds no error', async () => {
  const linter = createInstance({
    config: {
      _: [folders.firefox],
      logLevel: 'fatal',
      stack: false,
      pretty: false,
      warningsAsErrors: false,
      metadata: false,
      output: 'none',
      boring: true,
      selfHosted: false,
      enterprise: false,
      enableBackgroundServiceWorker: false,
      minManifestVersion: 2,
      maxManifestVersion: 3,
      disableXpiAutoclose: true,
    },
    runAsBinary: false,
  });
  const { errors, warnings } = await linter.run({ log: () => {}, error: () => {} } as never);
  expect(errors).toEqual([]);
  // The one place is preact's own `dangerouslySetInnerHTML`, which nothing here uses.
  expect(warnings.filter(({ code }) => code !== 'UNSAFE_VAR_ASSIGNMENT')).toEqual([]);
});
