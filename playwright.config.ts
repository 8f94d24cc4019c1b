import { defineConfig } from '@playwright/test';
import { CHROMIUM_FLAGS, findChromium } from './test/support/chromium.ts';

const countsFile = process.env['CODEX_BUILDER_E2E_COUNTS'];

/** One browser at a time: a scenario drives a whole daemon with its slots. */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: countsFile === undefined ? [['list']] : [['list'], ['json', { outputFile: countsFile }]],
  use: { headless: true, launchOptions: { executablePath: findChromium(), args: [...CHROMIUM_FLAGS] } },
});
