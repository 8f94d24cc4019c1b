import { defineConfig } from 'wxt';
import ours from '../package.json' with { type: 'json' };

/**
 * The public half of the key that Chrome derives the extension's id from: with it the id is
 * `fcgoimbcnagifncdheimdlfkaobolmdi` on every machine, so a pairing outlives a new folder or an update.
 */
const CHROME_KEY =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAv75GumA8TcHnGv0NUlRS0qWy7zNL05vunB8cptJTD3Gr7kNpiBHNIlBX3npgkD6UXBLdCKkQwDyhjXmLkwdmNWi/iRqyr0/wAkMvVC6EjsmXgwGuBwtEHciVy8iC174nP8m9om03ZZtvmOjxLql+eiaS47DdjBSCpHeJQWZfpe3t2rXIVf3xK3BimVwu0RbN07OT2VXY74wjMRgz5CPt1pOcj35s1oy4XlOZr/tUI4vupXqz5V0qQ2reoAJxVRn0HLrWJM/U5wBHMc2Kwrb8i/k4R8rCFDLWfP1NITvFpG6opWVn0CqxHS8tEk8RYh+5yE3W8L+Z9VyCavSP3VkQwwIDAQAB';
const FIREFOX_ID = 'codex-builder@codex-builder.dev';

/** Each with what would not work without it. `tabs` and `activeTab` are not asked for: the host permission covers them. */
const PERMISSIONS = [
  'alarms', // wakes the background to connect again after it was put to sleep
  'notifications', // says that a run needs approval or failed
  'scripting', // puts the overlay into tabs that were open before the extension was; asks the page's framework for an element's source
  'storage', // hotkey and the sites where the overlay is off
];

/** Frames without an address of their own (about:blank, srcdoc, sandboxed) have a keyboard too. */
const ANY_FRAME = { match_about_blank: true, match_origin_as_fallback: true };

/**
 * Chrome MV3 and Firefox MV3. The mode `debug` differs in one thing: its shadow roots are open,
 * so that tests can look inside. Nothing else may depend on the mode.
 */
export default defineConfig({
  outDir: '../dist/extension',
  outDirTemplate: '{{browser}}-mv{{manifestVersion}}{{modeSuffix}}',
  manifestVersion: 3,
  imports: false,
  zip: { artifactTemplate: 'codex-builder-{{browser}}.zip', zipSources: false },
  vite: ({ mode }) => ({
    // Vite reads JSX settings from here: no plugin, no babel.
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    define: { __SHADOW_MODE__: JSON.stringify(mode === 'debug' ? 'open' : 'closed') },
    build: { sourcemap: false },
  }),
  manifest: ({ browser }) => ({
    name: 'Codex Builder',
    version: ours.version,
    description: 'Say what should change on the page you are looking at. Your own Codex Builder makes it, you try it and approve it.',
    permissions: PERMISSIONS,
    // Ctrl/Cmd+K and the picker work on any page, and photographing a tab without a click on our icon needs exactly this.
    host_permissions: ['<all_urls>'],
    // Before any script of the page, so that its listeners come after ours.
    content_scripts: [
      { matches: ['<all_urls>'], js: ['overlay.js'], run_at: 'document_start' },
      { matches: ['<all_urls>'], js: ['relay.js'], run_at: 'document_start', all_frames: true, ...ANY_FRAME },
    ],
    action: { default_title: 'Codex Builder' },
    commands: {
      'open-overlay': {
        // Ctrl+K itself is the browser's, so a content script takes it; this one also works where no content script has the focus.
        // Firefox has its console on Ctrl+Shift+K, which wins over an extension's.
        suggested_key: { default: browser === 'firefox' ? 'Ctrl+Alt+K' : 'Ctrl+Shift+K', mac: 'Command+Shift+K' },
        description: 'Ask for a change of this page',
      },
    },
    // Said in full because Firefox otherwise adds upgrade-insecure-requests, which turns ws://127.0.0.1 into wss.
    content_security_policy: { extension_pages: "script-src 'self'; object-src 'self'" },
    ...(browser === 'firefox'
      ? {
          browser_specific_settings: {
            // What a person sends goes to their own daemon on this machine and nowhere else.
            gecko: { id: FIREFOX_ID, strict_min_version: '142.0', data_collection_permissions: { required: ['none'] } },
          },
        }
      : { key: CHROME_KEY, minimum_chrome_version: '120' }),
  }),
});
