#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPlatform } from './set-up/platform.mjs';
import { explain } from './set-up/stop.mjs';
import { addOutcome, readCounts, testStages } from './set-up/test-stages.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PACKAGES = ['git', 'bubblewrap', 'iproute2', 'chromium', 'firefox-esr'];

/**
 * Runs one stage in the open. Ctrl-C reaches it through the terminal and we wait for its end; TERM is passed on.
 * @param {import('./set-up/test-stages.mjs').Stage} stage
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
function runStage(stage, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(stage.command, stage.args, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const passOn = () => child.kill('SIGTERM');
    const wait = () => undefined;
    process.once('SIGTERM', passOn);
    process.on('SIGINT', wait);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGTERM', passOn);
      process.off('SIGINT', wait);
      resolve(code ?? 1);
    });
  });
}

/**
 * Everything that must hold, on a machine that may have nothing yet. Stops at the first stage that fails; the last line is the sum.
 * @param {readonly string[]} filter
 * @returns {Promise<number>} exit code
 */
async function test(filter) {
  checkPlatform({ node: process.versions.node, os: process.platform });
  const { installPackages, missingPackages } = await import('./set-up/system-packages.mjs');
  await installPackages(missingPackages(PACKAGES), 'run the tests');
  const { ensureReady } = await import('./set-up/ready.mjs');
  await ensureReady(ROOT);
  const folder = mkdtempSync(join(tmpdir(), 'codex-builder-test-'));
  const vitestCounts = join(folder, 'vitest.json');
  const e2eCounts = join(folder, 'e2e.json');
  const env = { ...process.env, CODEX_BUILDER_TEST_COUNTS: vitestCounts, CODEX_BUILDER_E2E_COUNTS: e2eCounts };
  let sum = { passed: 0, failed: 0 };
  try {
    for (const stage of testStages({
      bin: join(ROOT, 'node_modules/.bin'),
      vitestCounts,
      e2eCounts,
      hasE2e: existsSync(join(ROOT, 'test/e2e')),
      filter,
    })) {
      process.stdout.write(`\n── ${stage.name}\n`);
      const code = await runStage(stage, env);
      sum = addOutcome(sum, { stage, code, counts: readCounts(stage) });
      if (code === 0 && sum.failed === 0) continue;
      process.stdout.write(`\nFailed at: ${stage.name}\n`);
      break;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${sum.passed} passed, ${sum.failed} failed\n`);
  return sum.failed === 0 ? 0 : 1;
}

process.exitCode = await test(process.argv.slice(2)).catch(explain);
