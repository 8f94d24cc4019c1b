import type { Leases } from '../store/leases.ts';
import type { Outbox } from '../store/outbox.ts';
import type { Queries } from '../store/queries.ts';
import type { Releases } from '../store/releases.ts';

/** Prometheus text: runs by state, failures by reason, queue, slots, owed work, tokens. */
export function metricsText({
  queries,
  leases,
  outbox,
  releases,
}: {
  queries: Queries;
  leases: Leases;
  outbox: Outbox;
  releases: Releases;
}): string {
  const lines: string[] = [];
  const gauge = (name: string, help: string, rows: readonly (readonly [string, number])[]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...rows.map(([labels, value]) => `${name}${labels} ${value}`));
  };
  const states = queries.stateCounts();
  const spent = queries.spentSince(0);
  gauge(
    'codex_builder_runs',
    'Runs by state.',
    states.map(({ status, n }) => [`{state="${status}"}`, n] as const),
  );
  gauge(
    'codex_builder_failures',
    'Failed runs by reason.',
    queries.failureCounts().map(({ reason, n }) => [`{reason="${reason}"}`, n] as const),
  );
  gauge('codex_builder_queue_depth', 'Runs waiting for a slot.', [['', states.find(({ status }) => status === 'queued')?.n ?? 0]]);
  gauge('codex_builder_slots', 'Preview slots.', [['', leases.slots().length]]);
  gauge('codex_builder_slots_leased', 'Preview slots in use.', [['', leases.active().length]]);
  gauge('codex_builder_effects_open', 'Effects owed or running.', [['', outbox.countOpen()]]);
  gauge(
    'codex_builder_releases_watched',
    'Releases by what the watch after they went live came to.',
    releases.watchCounts().map(({ state, n }) => [`{state="${state}"}`, n] as const),
  );
  gauge('codex_builder_tokens_total', 'Tokens used by all attempts.', [['', spent.tokens]]);
  gauge('codex_builder_cost_usd_total', 'Cost of all attempts in dollars, where prices are configured.', [['', spent.costUsd]]);
  return `${lines.join('\n')}\n`;
}
