import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IDENTITY, never, openAt } from '../adapters/git-support.ts';

/**
 * A process to be killed: opens the repository, says `ready`, and does one job.
 * Arguments: root folder, upstream folder, job and the job's own arguments.
 */
const [root = '', upstream = '', job = '', ...rest] = process.argv.slice(2);
const repository = openAt(root, upstream);
const opened = await repository.open();
if (!opened.ok) throw new Error(opened.detail);
process.stdout.write('ready\n');

if (job === 'checkout') {
  const [folder = '', at = ''] = rest;
  const done = await repository.checkout({ folder, at, branch: 'codex/run-kill', signal: never });
  if (!done.ok) throw new Error(done.detail);
} else if (job === 'bring') {
  const done = await repository.bringUpstreamAlong(never);
  process.stdout.write(`${JSON.stringify(done)}\n`);
} else if (job === 'land') {
  const [runId = '', head = ''] = rest;
  await landOnce(runId, head);
} else if (job === 'set' || job === 'propose' || job === 'archive') {
  const [from = '', count = '', base = '', to = ''] = rest;
  for (let index = Number(from); index < Number(count); index++) await endOnce(job, index, base, to);
}
process.stdout.write('done\n');

/** What the effects do between approval and release: build on today's main, record, land, and begin anew when main moved. */
async function landOnce(runId: string, head: string): Promise<void> {
  const ledger = join(root, `ledger-${runId}.json`);
  for (let tries = 0; tries < 5; tries++) {
    const main = (await repository.head('refs/heads/main')) ?? '';
    const candidate = await repository.buildCandidate({
      candidateId: `cand_${runId}`,
      runId,
      main,
      head,
      message: `Merge\n\nCodex-Run: ${runId}\n`,
      identity: IDENTITY,
    });
    if (candidate.end === 'built') {
      writeFileSync(`${ledger}.new`, JSON.stringify({ from: main, candidate: candidate.commit }));
      renameSync(`${ledger}.new`, ledger);
    } else if (candidate.end !== 'already_merged') throw new Error(candidate.end);
    const recorded = JSON.parse(readFileSync(ledger, 'utf8')) as { from: string; candidate: string };
    const landed = await repository.land({ runId, head, ...recorded, releaseId: `rel_${runId}` });
    if (landed.end === 'landed') return repository.deleteCandidate(`cand_${runId}`);
    if (landed.end === 'branch_moved') throw new Error('branch moved');
  }
  throw new Error('main kept moving');
}

/** One step in the life of a run's branches, for one run after the other; the ledger holds how many are through. */
async function endOnce(step: 'set' | 'propose' | 'archive', index: number, base: string, to: string): Promise<void> {
  if (step === 'set') await repository.setBranch({ branch: `codex/run-set${index}`, to });
  if (step === 'archive') await repository.archiveBranch(`codex/run-end${index}`);
  if (step === 'propose') {
    const patch = `--- /dev/null\n+++ b/proposed\n@@ -0,0 +1 @@\n+${index}\n`;
    const proposed = await repository.proposePatch({ runId: `p${index}`, base, patch, message: 'm', identity: IDENTITY, signal: never });
    if (proposed.end !== 'committed') throw new Error(proposed.end);
  }
  const ledger = join(root, `ledger-${step}`);
  writeFileSync(`${ledger}.new`, String(index + 1));
  renameSync(`${ledger}.new`, ledger);
}
