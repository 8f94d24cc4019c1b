import type { Client } from '#shared/client.ts';
import { eventWords, worthTelling } from '#shared/ui/event-words.ts';
import type { Refused, RunLook } from '../messages.ts';

/** Files that are named one by one. */
const FILES_SHOWN = 40;

/** What a person must know of a run to decide on it where they are, in one answer. */
export async function lookAtRun(client: Client, runId: string): Promise<{ ok: true; look: RunLook } | Refused> {
  const params = { id: runId };
  const [detail, checks, told] = await Promise.all([
    client.call('getRun', { params }),
    client.call('getChecks', { params }),
    client.call('getRunEvents', { params, query: {} }),
  ]);
  if (!detail.ok) return { ok: false, message: detail.message };
  const { run, answer, standing } = detail.value;
  const diff = run.headCommit === undefined ? undefined : await client.call('getDiff', { params });
  if (diff && !diff.ok) return { ok: false, message: diff.message };
  const files = diff?.value.files ?? [];
  const last = told.ok ? worthTelling(told.value.events).at(-1) : undefined;
  const head = diff?.value.head;
  return {
    ok: true,
    look: {
      version: run.version,
      files: files.slice(0, FILES_SHOWN).map(({ path, status, additions, deletions }) => ({ path, status, additions, deletions })),
      moreFiles: Math.max(0, files.length - FILES_SHOWN),
      checks: checks.ok ? checks.value.checks.filter(({ stage }) => stage === 'branch').map(({ name, status }) => ({ name, status })) : [],
      ...(head && { head }),
      ...(answer && { summary: answer.summary }),
      ...(last && { last: { ...eventWords(last), at: last.at } }),
      ...(standing && { conflicts: standing.merges === 'conflicts', behind: standing.behind }),
    },
  };
}
