import { maskedUrl, routeOf } from '#shared/route.ts';
import type { Run } from '#shared/run.ts';
import { maskLink } from '../capture/find-secrets.ts';
import { writeMasked } from '../capture/masked.ts';
import { chooseDaemon } from '../choose-daemon.ts';
import type { DaemonView, PageView, Sight, UnsentView } from '../messages.ts';
import { runKey } from '../run-key.ts';
import { linkWords } from '../words.ts';
import type { PairedDaemon } from './paired-daemon.ts';
import type { Service } from './service.ts';
import type { Unsent } from './unsent.ts';

type Known = Pick<Service, 'daemons' | 'links' | 'outbox' | 'asked' | 'runs'>;

/** A daemon as pages may know it. */
function daemonView(daemon: PairedDaemon, links: Known['links']): DaemonView {
  const { id, address, app, deviceName, pairedAt, user, role, patterns } = daemon;
  const is = links.states.get().get(id)?.is ?? 'connecting';
  const link = is === 'forbidden' && daemon.wasRevoked ? 'revoked' : is;
  const words = linkWords(link, address);
  return {
    id,
    address,
    deviceName,
    pairedAt,
    patterns,
    link,
    ...(app && { app }),
    ...(user && { user }),
    ...(role && { role }),
    ...(words && { words }),
  };
}

/** All daemons, for popup and options. */
export function daemonViews({ daemons, links }: Known): readonly DaemonView[] {
  return daemons.get().map((daemon) => daemonView(daemon, links));
}

/** A kept request without its pictures. */
export function unsentView({ key, daemonId, request, at, pictures, state }: Unsent): UnsentView {
  return {
    key,
    daemonId,
    prompt: request.prompt,
    at,
    pictures: pictures.length,
    state,
    ...(request.context && { url: request.context.url }),
  };
}

/** The path a run or a page is about, without its query. */
function pathOf(route: string | undefined): string | undefined {
  return route?.split('?')[0];
}

/** The path of a page as a capture of it says it: what is private in it is not. */
function capturedPath(pageUrl: string): string | undefined {
  return pathOf(routeOf(writeMasked(maskLink(maskedUrl(pageUrl)), new Set())));
}

/** What a page may see of a daemon: with its own runs when it belongs to it, else only those that were asked for here. */
export interface PageSight {
  chosen?: PairedDaemon;
  /** Whether the page is one of the daemon's own. */
  belongs: boolean;
  choices: readonly PairedDaemon[];
  /** Those that are about this page. */
  runs: readonly Run[];
  /** Asked for on this origin with words alone, so about no page. */
  unplaced: readonly Run[];
  /** The run whose preview this page is. */
  previewOf?: string;
}

/** Judges a page by its address. */
export function sightOf(known: Known, pageUrl: string, picked: string | undefined): PageSight {
  const choice = chooseDaemon(known.daemons.get(), pageUrl, picked);
  if (choice.is === 'none') return { belongs: false, choices: [], runs: [], unplaced: [] };
  if (choice.is === 'unclear') return { belongs: false, choices: choice.daemons, runs: [], unplaced: [] };
  const { daemon, belongs, among = [daemon] } = choice;
  const { origin } = new URL(pageUrl);
  // As it stands too: a person may have sent what is private in it.
  const paths = new Set([capturedPath(pageUrl), pathOf(routeOf(pageUrl))]);
  const all = known.runs(daemon.id)?.view.get().runs ?? [];
  const asked = new Set(
    known.asked
      .get()
      .filter((each) => each.origin === origin)
      .map((each) => each.run),
  );
  const isPreview = (run: Run) => run.previewUrl !== undefined && URL.parse(run.previewUrl)?.origin === origin;
  const previewed = belongs ? all.find(isPreview) : undefined;
  const wasAsked = (run: Run) => asked.has(runKey(daemon.id, run.id));
  const runs = all.filter((run) => (belongs && run === previewed) || ((belongs || wasAsked(run)) && paths.has(pathOf(run.route))));
  const unplaced = all.filter((run) => run.route === undefined && run !== previewed && wasAsked(run));
  return { chosen: daemon, belongs, choices: among, runs, unplaced, ...(previewed && { previewOf: previewed.id }) };
}

/** What the popup knows of the page it was opened on. */
export function sight(known: Known, pageUrl: string, picked: string | undefined): Sight {
  const { chosen, belongs, previewOf } = sightOf(known, pageUrl, picked);
  const origin = URL.parse(pageUrl)?.origin;
  const path = capturedPath(pageUrl);
  const asked = known.asked.get().filter((each) => chosen && each.origin === origin && each.run.startsWith(`${chosen.id}/`));
  return {
    belongs,
    asked: asked.map(({ run }) => run.slice(run.indexOf('/') + 1)),
    ...(chosen && { daemonId: chosen.id }),
    ...(path !== undefined && { path }),
    ...(previewOf && { previewOf }),
  };
}

/** What the overlay of a page hears. */
export function pageView(known: Known, pageUrl: string, picked: string | undefined): PageView {
  const { chosen, choices, runs, unplaced, previewOf } = sightOf(known, pageUrl, picked);
  const origin = URL.parse(pageUrl)?.origin;
  return {
    daemons: choices.map((daemon) => daemonView(daemon, known.links)),
    runs: [...runs, ...unplaced],
    unsent: known.outbox.unsent
      .get()
      .filter((entry) => entry.origin === origin)
      .map(unsentView),
    ...(chosen && { chosen: chosen.id }),
    ...(previewOf && { previewOf }),
  };
}

/** Whether a page may ask about a run: the daemon's own pages about all of its runs, others about what was asked for there. */
export function maySee(
  known: Known,
  page: { url: string; origin: string },
  picked: string | undefined,
  daemonId: string,
  runId: string,
): boolean {
  const sight = sightOf(known, page.url, picked);
  if (sight.chosen?.id === daemonId && sight.belongs) return true;
  return known.asked.get().some((each) => each.run === `${daemonId}/${runId}` && each.origin === page.origin);
}
