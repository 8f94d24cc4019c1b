import { PROTOCOL } from '#shared/api.ts';
import { clientMac, daemonMac, nonce, sameMac } from '#shared/pairing.ts';
import { CLOSE, type ClientFrame, type DaemonFrame } from '#shared/socket.ts';
import type { DoorDevice, DoorStore } from './handlers.ts';
import { originOf } from './identify.ts';

export type HandshakeStep =
  | { step: 'say'; frame: DaemonFrame }
  | { step: 'ready'; frame: DaemonFrame; device: DoorDevice }
  | { step: 'refuse'; close: number; reason: string; device?: DoorDevice };

/**
 * The daemon's side of SPEC 13.1 for one socket: hello, challenge, proof. Each
 * nonce of ours is fresh and used once, so nothing recorded can be played again;
 * the origin in both proofs is the one the browser sent with the upgrade.
 */
export function createHandshake(
  origin: string,
  port: number,
  store: Pick<DoorStore, 'findById'>,
): (frame: ClientFrame) => Promise<HandshakeStep> {
  let greeted: { deviceId: string; nc: string; ns: string } | undefined;
  let done = false;

  const refuse = (reason: string, device?: DoorDevice, close: number = CLOSE.unauthorized): HandshakeStep => {
    done = true;
    return { step: 'refuse', close, reason, device };
  };

  return async (frame) => {
    if (done) return refuse('the handshake is over');
    if (frame.type === 'hello' && !greeted) {
      if (frame.protocol !== PROTOCOL) {
        return refuse(`this daemon speaks protocol ${PROTOCOL}, the client ${frame.protocol}`, undefined, CLOSE.version);
      }
      const found = store.findById(frame.device);
      if (!found) return refuse('this device is not paired');
      if (found.device.revokedAt !== undefined) return refuse('this device was revoked', found.device, CLOSE.revoked);
      if (originOf(found.device, port) !== origin) return refuse('this device was paired from another origin', found.device);
      greeted = { deviceId: frame.device, nc: frame.nc, ns: nonce() };
      const { nc, ns } = greeted;
      return { step: 'say', frame: { v: 1, type: 'challenge', ns, mac: await daemonMac(found.socketKeyHex, nc, ns, origin) } };
    }
    if (frame.type === 'proof' && greeted) {
      done = true;
      const found = store.findById(greeted.deviceId);
      if (!found || found.device.revokedAt !== undefined) return refuse('this device was revoked', found?.device, CLOSE.revoked);
      const expected = await clientMac(found.socketKeyHex, greeted.nc, greeted.ns, origin);
      const { device } = found;
      if (!sameMac(expected, frame.mac)) return refuse('the proof is wrong', device);
      return { step: 'ready', device, frame: { v: 1, type: 'ready', protocol: PROTOCOL, user: device.user, role: device.role } };
    }
    return refuse(`${frame.type} is not what comes next`);
  };
}
