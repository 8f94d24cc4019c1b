#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDaemon } from './set-up/start-daemon.mjs';
import { explain } from './set-up/stop.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

process.exitCode = await startDaemon(process.argv.slice(2), ROOT).catch(explain);
