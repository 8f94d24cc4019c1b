import * as z from 'zod/mini';
import { DeviceId } from '#shared/ids.ts';
import { ago } from '#shared/ui/relative-time.ts';
import { commandLine } from '../call-again.ts';
import type { Handler } from '../command.ts';
import { door, limitOf, linesOf, wholeNumber } from '../door.ts';
import { UsageError } from '../outcome.ts';

/** Who may use the daemon, and what was done with it. */
export const open: Handler<'open'> = door(
  ({ daemon }) => daemon.client.call('createPairCode', { body: {} }),
  ({ url }, { terminal }) => {
    if (terminal.ask !== undefined) terminal.err('Open this in a browser on this machine. It works once, for five minutes.\n');
    return `${url}\n`;
  },
);

export const pair: Handler<'pair'> = door(
  ({ daemon, flags }) =>
    daemon.client.call('createPairCode', {
      body: {
        ...(flags.user === undefined ? {} : { user: flags.user }),
        ...(flags.role === undefined ? {} : { role: flags.role as 'viewer' }),
      },
    }),
  ({ code, url }) => `${code}\nType it into the page or the extension, or open ${url}\nIt works once, for five minutes.\n`,
);

export const devices: Handler<'devices'> = (call) => (call.words[0] === 'revoke' ? revoke(call) : listDevices(call));

const listDevices: Handler<'devices'> = door(
  ({ daemon }) => daemon.client.call('listDevices', {}),
  (reply) =>
    linesOf(
      reply.devices.map(({ id, kind, user, role, name, lastSeenAt, revokedAt }) => {
        const seen = revokedAt !== undefined ? 'revoked' : lastSeenAt === undefined ? 'never seen' : `seen ${ago(lastSeenAt, Date.now())}`;
        return `${id}  ${kind.padEnd(9)}  ${user}, ${role}  ${name}  (${seen})`;
      }),
      'No devices.',
    ),
);

const revoke: Handler<'devices'> = door(
  (call) => {
    const { daemon, words } = call;
    const id = words[1];
    if (id === undefined || !z.safeParse(DeviceId, id).success)
      throw new UsageError(`Which device? Give its id: ${commandLine(call, 'devices')}`);
    return daemon.client.call('revokeDevice', { params: { id } });
  },
  ({ device }) => `${device.id}  ${device.name} is revoked.\n`,
);

export const flags: Handler<'flags'> = door(
  ({ daemon, words }) => {
    const [flag, value] = words;
    if (flag === undefined) return daemon.client.call('getFlags', {});
    if (value !== 'on' && value !== 'off') throw new UsageError(`Is ${flag} to be on or off?`);
    return daemon.client.call('putFlags', { body: { [flag === 'freeze' ? 'freeze' : 'safeMode']: value === 'on' } });
  },
  ({ freeze, safeMode }) =>
    `freeze     ${freeze ? 'on   nothing is merged or released' : 'off'}\nsafe-mode  ${safeMode ? 'on   Codex only proposes patches' : 'off'}\n`,
);

export const audit: Handler<'audit'> = door(
  ({ daemon, flags: given }) =>
    daemon.client.call('listAudit', {
      query: { ...limitOf(given), ...(given.before === undefined ? {} : { before: wholeNumber('before', given.before) }) },
    }),
  ({ entries }) =>
    linesOf(
      entries.map(
        ({ seq, at, actor, action, subject, outcome }) =>
          `${String(seq).padStart(6)}  ${at}  ${actor.padEnd(8)}  ${action.padEnd(20)}  ${outcome.padEnd(9)}  ${subject}`,
      ),
      'No entries.',
    ),
);
