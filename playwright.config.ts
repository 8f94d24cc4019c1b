import { defineConfig } from '@playwright/test';
import { CHROMIUM_FLAGS, findChromium } from './test/support/chromium.ts';

const countsFile = process.env['CODEX_BUILDER_E2E_COUNTS'];

/** Each file has browsers and a daemon of its own; much of what they do is waiting, so two run at once. */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  globalSetup: './test/support/build-for-browsers.ts',
  workers: 2,
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: countsFile === undefined ? [['list']] : [['list'], ['json', { outputFile: countsFile }]],
  use: { headless: true, launchOptions: { executablePath: findChromium(), args: [...CHROMIUM_FLAGS] } },
});
