import type { Release } from '#shared/release.ts';
import { commandLine } from '../call-again.ts';
import type { Handler } from '../command.ts';
import { atDoor, door, limitOf, linesOf, print, tell, word } from '../door.ts';
import { type DoorCall, must } from '../door-call.ts';
import { isReleaseTarget, releaseLine } from '../lines.ts';
import { notices } from '../notices.ts';
import { EXIT, UsageError } from '../outcome.ts';

export const releases: Handler<'releases'> = door(
  ({ daemon, flags }) => daemon.client.call('listReleases', { query: limitOf(flags) }),
  (reply) => linesOf(reply.releases.map(releaseLine), 'No releases yet.'),
);

export const release: Handler<'release'> = door(
  ({ daemon }) => daemon.client.call('createRelease', { body: {} }),
  ({ main }, call) => `main at ${main.slice(0, 10)} is being checked and made live. See ${commandLine(call, 'releases')}\n`,
);

/** Makes an earlier release live again. */
export const rollback: Handler<'rollback'> = atDoor(async (call) => {
  const { daemon, words, flags } = call;
  const id = word(words, 'release');
  if (!isReleaseTarget(id))
    throw new UsageError(`"${id}" is no release. Say last-healthy, or give an id: ${commandLine(call, 'releases')}`);
  const { seq } = must(await daemon.client.call('status', {}));
  const asked = must(
    await daemon.client.call('rollback', {
      params: { id },
      body: { ...(flags.reason === undefined ? {} : { reason: flags.reason }), ...(flags.force === true ? { force: true } : {}) },
    }),
  );
  const end = flags.wait === true ? await untilLive(call, asked.release, seq) : asked.release;
  if (end === undefined) {
    call.terminal.err(`The rollback goes on without you. See ${commandLine(call, 'releases')}\n`);
    return EXIT.interrupted;
  }
  print(
    call,
    { release: end },
    (value) =>
      `${releaseLine(value.release)}\n${end.state === 'preparing' ? `It is being made live. See ${commandLine(call, 'releases')}\n` : ''}`,
  );
  return end.state === 'failed' ? EXIT.failed : 0;
});

async function untilLive({ daemon, terminal }: DoorCall<'rollback'>, asked: Release, seq: number): Promise<Release | undefined> {
  const look = async () => {
    const { releases: listed } = must(await daemon.client.call('listReleases', { query: { limit: 20 } }));
    const now = listed.find(({ id }) => id === asked.id);
    return now === undefined || now.state === 'preparing' ? undefined : now;
  };
  const sayLost = () => terminal.err('The daemon does not answer for the moment. Still waiting.\n');
  for await (const { notice } of notices(daemon, seq, terminal.interrupted(), sayLost)) {
    if (notice !== undefined && notice.type !== 'releases') continue;
    const end = await look();
    if (end !== undefined) return end;
  }
  return undefined;
}

/** Follows main of the person's repository although it was rewritten there. */
export const takeOver: Handler<'take-over'> = atDoor(async (call) => {
  const { daemon, flags, terminal, words } = call;
  if (words[0] !== 'main') throw new UsageError('What is to be taken over? Say main.');
  const { upstream } = must(await daemon.client.call('status', {}));
  const wanted = flags.commit?.toLowerCase();
  if (upstream.rewritten === undefined) {
    tell(call, { code: 'wrong_state', message: 'main in your repository was not rewritten, so there is nothing to take over.' }, undefined);
    return EXIT.refused;
  }
  const { commit, dropped, runs } = upstream.rewritten;
  if (flags.json !== true)
    terminal.err(
      `main in your repository was rewritten to ${commit.slice(0, 10)}. ${dropped === 1 ? 'One commit' : `${dropped} commits`} of main here would be gone${runs.length === 0 ? '' : `, of ${runs.join(', ')}`}.\n`,
    );
  if (wanted !== undefined && !commit.startsWith(wanted)) {
    tell(call, { code: 'stale', message: `main there is at ${commit.slice(0, 10)}, not at ${wanted}. Nothing was taken over.` }, undefined);
    return EXIT.refused;
  }
  if (flags.yes !== true && wanted === undefined) {
    if (terminal.ask === undefined || flags.json === true) {
      tell(
        call,
        { code: 'not_asked', message: 'Nothing was taken over, because nobody could be asked.' },
        `Give --yes, or --commit ${commit.slice(0, 10)}.`,
      );
      return EXIT.refused;
    }
    if (!(await terminal.ask('\nTake it over?'))) {
      terminal.err('Nothing was taken over.\n');
      return EXIT.refused;
    }
  }
  print(
    call,
    must(await daemon.client.call('takeOverMain', { body: { commit } })),
    (value) => `main follows ${value.commit.slice(0, 10)}; it is checked and released.\n`,
  );
  return 0;
});
