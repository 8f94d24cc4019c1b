import type { Status } from '#shared/api.ts';
import { productionNews } from '../../core/production-seen.ts';
import type { UpstreamSeen } from '../../core/upstream-seen.ts';
import type { Handlers } from '../handlers.ts';
import { minuteOf, upstreamBanners } from '../upstream-banners.ts';
import type { DoorParts } from './parts.ts';

/** The door that says how things stand. */
export function statusDoor(parts: DoorParts): Pick<Handlers, 'status'> {
  const { agent, repository, flags, releases, upstream, production, app, ledger, notices, clock } = parts;
  return {
    async status(_input, caller) {
      const readiness = await agent.readiness();
      const freeze = flags.freeze();
      const banners: Status['banners'] = [];
      if (freeze.on) banners.push({ level: 'error', text: `Merging is frozen. ${freeze.why ?? ''}`.trim() });
      if (flags.safeMode())
        banners.push({ level: 'warn', text: 'Safe mode: Codex only proposes patches until an admin switches it off in the settings.' });
      banners.push(...productionNews(production, clock.now(), minuteOf), ...upstreamBanners(upstream, repository.gitDir));
      if (!readiness.ready) banners.push({ level: 'warn', text: `${readiness.detail} ${readiness.remedy}` });
      const live = releases.live();
      if (live?.watch_state === 'worse')
        banners.push({
          level: 'error',
          text: `Errors have risen since "${live.title}" went live: ${live.watch_detail}. Roll back on the Releases page, or mend it with a new request.`,
        });
      if (live === undefined) {
        const failed = releases.list(1)[0];
        if (failed?.state === 'failed')
          banners.push({ level: 'error', text: `Nothing is live: the first release failed. ${failed.reason ?? ''}`.trim() });
      }
      return {
        ok: true,
        body: {
          app: app.name,
          productionUrl: app.productionUrl,
          agent: readiness.ready
            ? { ready: true, demo: readiness.demo, model: readiness.model, version: readiness.version, examples: [...app.examples] }
            : { ready: false, demo: app.demo, detail: readiness.detail, remedy: readiness.remedy, examples: [...app.examples] },
          sandbox: app.sandbox,
          main: await repository.head('refs/heads/main'),
          upstream: upstreamView(upstream),
          banners: [...banners, ...notices],
          flags: { freeze: freeze.on, safeMode: flags.safeMode() },
          seq: ledger.seq(),
          you: { user: caller.actor, role: caller.role, device: caller.deviceId },
        },
      };
    },
  };
}

function upstreamView({ since, rewritten, ...seen }: UpstreamSeen): Status['upstream'] {
  return {
    ...seen,
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(rewritten === undefined ? {} : { rewritten: { ...rewritten, runs: [...rewritten.runs] } }),
  };
}
