#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { say } from './set-up/say.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const QUIET_MS = 200;

/** Runs `npm start` and starts it again whenever a source changed. Production and its gateway live on, as they do over any restart. */
function start() {
  return spawn(process.execPath, [join(ROOT, 'scripts/start.mjs'), ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
}

let child = start();
/** @type {NodeJS.Timeout | undefined} */
let timer;

function restart() {
  say('A source changed; starting again …');
  const old = child;
  if (old.exitCode !== null || old.signalCode !== null) {
    child = start();
    return;
  }
  old.once('exit', () => {
    child = start();
  });
  old.kill('SIGTERM');
}

for (const folder of ['shared', 'daemon', 'migrations', 'scripts']) {
  watch(join(ROOT, folder), { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(restart, QUIET_MS);
  });
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    child.once('exit', (code) => process.exit(code ?? 0));
    child.kill(signal);
  });
}
