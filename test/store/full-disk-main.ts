import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openArtifacts } from '../../daemon/store/artifacts.ts';
import { openLogs } from '../../daemon/store/logs.ts';

/** Fills a disk of 1 MB with artifacts and with a log, and says as JSON what came of it. Runs in a mount namespace of its own. */
const disk = process.argv[2]!;
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
const large = Buffer.alloc(3_000_000, 1);
const hash = createHash('sha256').update(large).digest('hex');
const filesIn = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
const codeOf = (error: unknown) => (error as { code?: string }).code;

async function* whole(): AsyncGenerator<Uint8Array> {
  yield large;
}

const folder = join(disk, 'artifacts');
const artifacts = openArtifacts(folder);
let put: unknown;
try {
  put = artifacts.put(large);
} catch (error) {
  put = codeOf(error);
}
const take = await artifacts.take(whole(), 4_000_000).catch(codeOf);
const left = filesIn(folder);
const small = artifacts.text(artifacts.put('small').hash);
const there = artifacts.has(hash);
rmSync(folder, { recursive: true });

const logs = openLogs(join(disk, 'logs'), []);
const sink = logs.open('run', 'agent');
for (let line = 0; line < 1_000; line++) sink.write('\u6f22\u5b57'.repeat(500));
await sink.close();
let text = '';
for (let from = 0, finished = false; !finished; ) {
  const part = logs.read('run', 'agent', from)!;
  text += part.text;
  ({ next: from, finished } = part);
}
writeSync(
  1,
  JSON.stringify({
    put,
    take,
    left,
    small,
    there,
    log: { length: text.length, whole: /^(?:\u6f22\u5b57)+(?:\n\[the log is full.*\n)?$/.test(text) },
  }),
);
