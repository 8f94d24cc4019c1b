import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

// Loaded into the daemon before anything else: its wall clock is wrong by as many milliseconds as a file says. The
// monotonic clock stays as it is, which is what setting a machine's clock does.
const file = process.env['SKEW_FILE'] ?? '';
const now = Date.now;
let skew = 0;
let lookedAt = Number.NEGATIVE_INFINITY;

Date.now = () => {
  if (performance.now() - lookedAt > 20) {
    lookedAt = performance.now();
    skew = Number(readFileSync(file, 'utf8'));
  }
  return now() + skew;
};
