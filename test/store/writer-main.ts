import { writeSync } from 'node:fs';
import { openLedgerFile } from '../../daemon/store/open.ts';
import { openStore } from '../../daemon/store/open-store.ts';

/**
 * A program that keeps a ledger: opens it, says so, then writes one request after
 * another and says each one's number only after it was acknowledged. It is killed, never ended.
 */
const [folder = '', migrations = '', first = '1'] = process.argv.slice(2);
const opened = openLedgerFile(folder, migrations, Date.now());
if (!opened.ok) {
  writeSync(1, `${opened.why}\n`);
  process.exit(3);
}
const clock = { now: () => Date.now(), elapsed: () => performance.now(), after: () => () => {} };
const { ledger } = openStore({ db: opened.db, stateFolder: folder, clock, secrets: [], queueLimit: () => 1_000_000, log: () => {} });
writeSync(1, 'open\n');
for (let n = Number(first); ; n++) {
  const runId = `run_${String(n).padStart(26, '0')}`;
  ledger.answer(
    { actor: 'ada', action: 'createRun', subject: runId, traceId: 'trace', payload: { n } },
    { door: 'createRun', key: `key-${n}`, bodyHash: `hash-${n}` },
    (tx) => {
      tx.run(runId, { type: 'request_run', request: { prompt: `Request ${n}` }, demo: false });
      return { status: 202, body: JSON.stringify({ n }) };
    },
  );
  writeSync(1, `${n}\n`);
}
